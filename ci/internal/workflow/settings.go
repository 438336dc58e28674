package workflow

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Settings are what differs between repositories. They stand at the beginning of the
// delivery workflow, and are read there when it is made again.
type Settings struct {
	// Module is the module's address, with a version.
	Module string `yaml:"module"`
	// Environments are the branches that are delivered and the environment of each,
	// as BRANCH=ENVIRONMENT.
	Environments []string `yaml:"environments"`
	// Account, Region and Role say where on AWS images are published, and as whom.
	Account string `yaml:"account,omitempty"`
	Region  string `yaml:"region,omitempty"`
	Role    string `yaml:"role,omitempty"`
	// Registry is where they are published instead.
	Registry string `yaml:"registry,omitempty"`
	// Gitops is the URL of the GitOps repository.
	Gitops string `yaml:"gitops"`
	// Gates are those that no component may switch off.
	Gates []string `yaml:"gates"`
	// Keyless signs images as the workflow, by Sigstore's public services.
	Keyless bool `yaml:"keyless,omitempty"`
	// NoCodeScanning shows findings in the reports alone.
	NoCodeScanning bool `yaml:"no-code-scanning,omitempty"`
	// Codecov is how coverage is uploaded; not where it is empty.
	Codecov Codecov `yaml:"codecov,omitempty"`
	// Chromatic are the frontends of which the Storybook is published.
	Chromatic []string `yaml:"chromatic,omitempty"`
	// SlackChannel is told of a failure, and with SlackSuccess of a success.
	SlackChannel string `yaml:"slack-channel,omitempty"`
	SlackSuccess bool   `yaml:"slack-success,omitempty"`
	// Options are further calls of the module before each check and delivery.
	Options []string `yaml:"options,omitempty"`
	// Secrets are those that the options name, as variables of the environment.
	Secrets []string `yaml:"secrets,omitempty"`
	// Shards are the runners that a delivery is dealt out to at most; 0 is one.
	Shards int `yaml:"shards,omitempty"`
	// State is how large a kept state of the engine may be, packed; nothing is kept
	// where it is empty.
	State string `yaml:"state,omitempty"`
	// Runner is what jobs run on.
	Runner string `yaml:"runner"`
	// Nightly is when everything is checked, as cron has it.
	Nightly string `yaml:"nightly"`
	// Without are the workflows that are not wanted.
	Without []string `yaml:"without,omitempty"`
}

// Codecov is how coverage is uploaded.
type Codecov string

// Ways to upload coverage.
const (
	Token     Codecov = "token"
	Tokenless Codecov = "tokenless"
)

// over are the settings of kept with those that were given in their place.
func (s Settings) over(kept Settings) Settings {
	s.Module, s.Gitops = cmp.Or(s.Module, kept.Module), cmp.Or(s.Gitops, kept.Gitops)
	if s.Registry == "" && s.Account+s.Region+s.Role == "" {
		s.Registry = kept.Registry // To name the one kind of registry is to leave the other.
	}
	if s.Registry == "" {
		s.Account, s.Region, s.Role = cmp.Or(s.Account, kept.Account), cmp.Or(s.Region, kept.Region), cmp.Or(s.Role, kept.Role)
	}
	s.Keyless, s.NoCodeScanning = s.Keyless || kept.Keyless, s.NoCodeScanning || kept.NoCodeScanning
	s.Codecov, s.Runner, s.Nightly = cmp.Or(s.Codecov, kept.Codecov), cmp.Or(s.Runner, kept.Runner), cmp.Or(s.Nightly, kept.Nightly)
	s.SlackChannel, s.SlackSuccess = cmp.Or(s.SlackChannel, kept.SlackChannel), s.SlackSuccess || kept.SlackSuccess
	s.Shards, s.State = cmp.Or(s.Shards, kept.Shards), cmp.Or(s.State, kept.State)
	for _, list := range []struct {
		given *[]string
		kept  []string
	}{
		{&s.Environments, kept.Environments},
		{&s.Gates, kept.Gates},
		{&s.Chromatic, kept.Chromatic},
		{&s.Options, kept.Options},
		{&s.Secrets, kept.Secrets},
		{&s.Without, kept.Without},
	} {
		if len(*list.given) == 0 {
			*list.given = list.kept
		}
	}
	return s
}

// defaults are the guide's.
var defaults = Settings{
	Environments: []string{"develop=dev", "main=prod"},
	Gitops:       "https://github.com/pingvas/pingvas-gitops.git",
	Gates:        []string{"lint", "format", "typecheck", "test"},
	Runner:       "ubuntu-latest", Nightly: "17 18 * * *",
}

// given tells whether anything was.
func (s Settings) given() bool {
	return s.Module+s.Account+s.Region+s.Role+s.Registry+s.Gitops+string(s.Codecov)+s.SlackChannel+s.State+s.Runner+s.Nightly != "" ||
		s.Keyless || s.NoCodeScanning || s.SlackSuccess || s.Shards != 0 ||
		len(s.Environments)+len(s.Gates)+len(s.Chromatic)+len(s.Options)+len(s.Secrets)+len(s.Without) > 0
}

// A value is put into YAML and into a shell: nothing that could end either is let
// in.
var (
	plain  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)
	option = regexp.MustCompile(`^with-[a-z-]+( (\$GITHUB_WORKSPACE/)?[A-Za-z0-9._:/@,=-]+)*$`)
	secret = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	size   = regexp.MustCompile(`^[1-9][0-9]*(MB|GB)$`)
	cron   = regexp.MustCompile(`^[0-9*/,-]+( [0-9A-Za-z*/,-]+){4}$`)
	// workspace is a path of the checkout, which calls are made outside of.
	workspace = regexp.MustCompile(`\$GITHUB_WORKSPACE/\S+`)
	// version is a tag of a version, or a commit: what names the same program tomorrow.
	version = regexp.MustCompile(`@(v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?|[0-9a-f]{40})$`)
)

// Check refuses what no workflow can be made of.
func (s Settings) Check() error {
	if err := s.checkModule(); err != nil {
		return err
	}
	for _, value := range []struct{ name, text string }{
		{"account", s.Account}, {"region", s.Region}, {"role", s.Role}, {"registry", s.Registry}, {"gitops", s.Gitops},
		{"slack-channel", s.SlackChannel}, {"runner", s.Runner},
	} {
		if value.text != "" && !plain.MatchString(value.text) {
			return fmt.Errorf("workflows: %s %q has characters outside A-Z a-z 0-9 . _ : / @ -. Give it without them", value.name, value.text)
		}
	}
	if u, err := url.Parse(s.Gitops); err != nil || u.User != nil || u.Host == "" {
		return fmt.Errorf("workflows: gitops %q is no URL, or one with credentials. Write it as https://github.com/OWNER/NAME.git", s.Gitops)
	}
	if s.Registry != "" && s.Account+s.Region+s.Role != "" {
		return errors.New("workflows: there is a registry, and an account of Amazon's. Name the one or the other")
	}
	if !slices.Contains([]Codecov{"", Token, Tokenless}, s.Codecov) {
		return fmt.Errorf("workflows: codecov %q is unknown. Write token or tokenless", s.Codecov)
	}
	if s.Shards < 0 || s.Shards > 256 {
		return fmt.Errorf("workflows: shards is %d. Write how many runners a delivery is dealt out to, 1 to 256", s.Shards)
	}
	if s.State != "" && !size.MatchString(s.State) {
		return fmt.Errorf("workflows: state %q is no size. Write how large what is kept of the engine may be, such as 3GB", s.State)
	}
	return errors.Join(s.checkEnvironments(), s.checkLists())
}

func (s Settings) checkModule() error {
	const written = "Write one of its versions, github.com/pingvas/pingvas-ci@v1.2.0, or a commit's whole hash"
	at, after, is := strings.Cut(s.Module, "@")
	switch {
	case s.Module == "":
		return errors.New("workflows: which version of the module they call is not said. Say it with --module: " + strings.ToLower(written[:1]) + written[1:])
	case !is:
		return fmt.Errorf("workflows: module %q has no version, so that what it is may change from one run to the next. %s", s.Module, written)
	case !version.MatchString(s.Module):
		return fmt.Errorf("workflows: module %q: %q is a branch, or another name that moves, and the next run would call another program. %s", s.Module, after, written)
	case !plain.MatchString(at) || !strings.Contains(at, "/"):
		return fmt.Errorf("workflows: module %q is no address that a runner can call. %s", s.Module, written)
	}
	return nil
}

func (s Settings) checkEnvironments() error {
	if len(s.Environments) == 0 {
		return errors.New("workflows: environments is empty, so that nothing would be delivered. Write the branch and its environment, such as main=prod")
	}
	for _, e := range s.Targets() {
		if err := errors.Join(names.Branch(e.Branch), names.Environment(e.Environment)); err != nil || !plain.MatchString(e.Branch) {
			return fmt.Errorf("workflows: environments has %q: write BRANCH=ENVIRONMENT, such as main=prod. %w", e.Branch+"="+e.Environment, err)
		}
	}
	return nil
}

func (s Settings) checkLists() error {
	if !cron.MatchString(s.Nightly) {
		return fmt.Errorf("workflows: nightly %q is no time of cron's, in five fields. Write it such as %q", s.Nightly, defaults.Nightly)
	}
	for _, list := range []struct {
		name   string
		values []string
		is     func(string) bool
		write  string
	}{
		{"gates", s.Gates, plain.MatchString, "gates' names, such as lint"},
		{"chromatic", s.Chromatic, func(name string) bool { return names.Component(name) == nil }, "frontends' names"},
		{"options", s.Options, option.MatchString, "calls such as with-gate --severity CRITICAL, without quotes, secrets as env:NAME, and files of the repository as $GITHUB_WORKSPACE/PATH"},
		{"secrets", s.Secrets, secret.MatchString, "secrets' names, such as NPM_TOKEN"},
		{"without", s.Without, func(name string) bool { return name == "release" || name == "nightly" }, "release or nightly"},
	} {
		for _, value := range list.values {
			if !list.is(value) {
				return fmt.Errorf("workflows: %s has %q. Write %s", list.name, value, list.write)
			}
		}
	}
	return nil
}

// Target is a branch that is delivered to an environment.
type Target struct{ Branch, Environment string }

// Targets are the branches that are delivered.
func (s Settings) Targets() (all []Target) {
	for _, pair := range s.Environments {
		branch, environment, _ := strings.Cut(pair, "=")
		all = append(all, Target{branch, environment})
	}
	return all
}
