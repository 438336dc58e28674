package mirror

import (
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
)

// image says how one image is made and what it stands in for.
type image struct {
	// lock is the name that the image stands in for, in the module's table or in
	// the Dockerfiles of services.
	lock string
	// also are other names that it stands in for.
	also []string
	// repository is where the image lies, as on Docker Hub.
	repository string
	// tag tells what the image is, from the versions of its Debian packages.
	tag func(packages map[string]string) string
	// about is one sentence for the image's description.
	about string
	// parts are what the image has besides Debian packages, name to version.
	parts map[string]string
	// versions are variables of the environment that say what Debian's packages
	// are, by the function that reads it.
	versions map[string]func(packages map[string]string) string
	// stacks are the uppermost layers, one for each architecture.
	stacks []stack
	config v1.Config
}

type stack struct {
	architecture string
	top          *debian.Layer
}

// images is the table, in the order in which the images are made: those that the
// example and the tests use, the newest that most repositories want, and those that are
// chosen besides.
func (r recipes) images(choice Choice) ([]image, error) {
	scanner := r.trivy()
	if choice.Trivy != "" {
		var err error
		if scanner, err = r.builtTrivy(choice.Trivy); err != nil {
			return nil, err
		}
	}
	table := []image{r.git(), r.golang(), r.registry(), scanner, r.trivyDB(), r.postgres(), r.redis(), r.uv()}
	wanted := []func() (image, error){r.debian, r.python313, nodes["22"].image(r), r.nginx, r.python311, r.python314, nodes["24"].image(r)}
	if choice.Every {
		wanted = append(wanted, r.python315, nodes["20"].image(r), nodes["26"].image(r))
	}
	for _, more := range wanted {
		made, err := more()
		if err != nil {
			return nil, err
		}
		table = append(table, made)
	}
	return append(table, r.cuda()), nil
}

// configured is the image's configuration, with what its packages say.
func (i image) configured(packages map[string]string) v1.Config {
	config := i.config
	config.Env = slices.Clone(config.Env)
	for _, name := range slices.Sorted(maps.Keys(i.versions)) {
		config.Env = append(config.Env, name+"="+i.versions[name](packages))
	}
	return config
}

// fixed is the tag of an image whose version is known before it is made.
func fixed(tag string) func(map[string]string) string {
	return func(map[string]string) string { return tag }
}

// versionOf makes a tag of the upstream version of one of Debian 13's packages.
func versionOf(name string) func(map[string]string) string {
	return func(packages map[string]string) string { return upstream(packages[name]) + "-debian13" }
}

// releaseOf is what the authors of one of Debian's packages call it.
func releaseOf(name string) func(map[string]string) string {
	return func(packages map[string]string) string { return upstream(packages[name]) }
}

// upstream is the part of a Debian version that the authors of the program gave.
func upstream(version string) string {
	if _, after, epoch := strings.Cut(version, ":"); epoch {
		version = after
	}
	end := strings.IndexAny(version, "-+~")
	if end < 0 {
		return version
	}
	return version[:end]
}

// environment is what every image tells its programs: that they are to trust
// whom Debian trusts. Python, Node and uv bring lists of their own otherwise.
func (r recipes) environment(more ...string) []string {
	return r.environmentOn(systemPath, more...)
}

// systemPath is where Debian's programs lie.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (r recipes) environmentOn(path string, more ...string) []string {
	env := []string{"PATH=" + path, "SSL_CERT_FILE=" + debian.CertBundle}
	return append(env, more...)
}

// pythonEnvironment also names the machine's package index when it has one.
func (r recipes) pythonEnvironment(path string, more ...string) []string {
	env := r.environmentOn(path,
		"PIP_CERT="+debian.CertBundle,
		"REQUESTS_CA_BUNDLE="+debian.CertBundle,
		"UV_NATIVE_TLS=true",
		"UV_SYSTEM_CERTS=true",
	)
	if index := r.machine.PipIndex; index != "" {
		env = append(env, "PIP_INDEX_URL="+index, "UV_DEFAULT_INDEX="+index)
	}
	return slices.Concat(env, more)
}

func (r recipes) nodeEnvironment(more ...string) []string {
	env := r.environment("NODE_EXTRA_CA_CERTS=" + debian.CertBundle)
	if registry := r.machine.NpmRegistry; registry != "" {
		env = append(env, "NPM_CONFIG_REGISTRY="+registry)
	}
	return slices.Concat(env, more)
}
