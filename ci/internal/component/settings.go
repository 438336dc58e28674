package component

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Settings are what a component may say about itself. The keys are written in
// kebab-case in pyproject.toml and in camelCase in package.json.
type Settings struct {
	// Name is the image's name. Default: the directory's name, and "frontend"
	// for the only frontend below frontend/; at the root the project's, or the
	// repository's.
	Name string `json:"name,omitempty"`
	// Libraries are directories the component is built from besides its own:
	// relative to the repository root, or to the component with ./ or ../.
	Libraries []string `json:"libraries,omitempty"`
	// Context is the build context: the component's directory when empty, the
	// repository root when ".".
	Context string `json:"context,omitempty"`
	// Dockerfile is looked for in the component's directory, then from the
	// repository root. Default: Dockerfile.cuda, then Dockerfile.gpu for a CUDA
	// worker, Dockerfile for all, then Dockerfile.NAME and NAME.Dockerfile beside it,
	// docker/Dockerfile.NAME at the root, docker/Dockerfile in the component's directory,
	// and Dockerfile.prod or .production there. Empty: the built-in recipe.
	Dockerfile string `json:"dockerfile,omitempty"`
	// Target is the Dockerfile's stage to build. Default: the last.
	Target string `json:"target,omitempty"`
	// BuildArgs are the Dockerfile's build arguments.
	BuildArgs map[string]string `json:"buildArgs,omitempty"`
	// Gates are, by the gates' names, commands, or why there is none. Those of a
	// container run in the stage GatesTarget of its Dockerfile, those of a Python
	// service or a CUDA worker in the environment of its checks, in place of the gate's
	// own tool.
	Gates GateSettings `json:"gates,omitempty"`
	// GatesTarget is the Dockerfile's stage that the gates run in. It may be left
	// out where there is one stage alone.
	GatesTarget string `json:"gatesTarget,omitempty"`
	// Platforms are what the image is published for. Default: linux/arm64 and
	// linux/amd64, for a CUDA worker linux/amd64.
	Platforms []string `json:"platforms,omitempty"`
	// SystemPackages are Debian packages that the checks and the built-in recipe
	// install, with =VERSION where one is wanted.
	SystemPackages []string `json:"systemPackages,omitempty"`
	// TestPackages are Debian packages that the checks alone have, such as programs that
	// tests start. Default: those that a Python project's pipeline installs before its
	// tests, as far as Debian has them.
	TestPackages []string `json:"testPackages,omitempty"`
	// Browsers are what a frontend's tests run in: chromium, the only one that there is.
	Browsers []string `json:"browsers,omitempty"`
	// BuildPackages are Debian packages that installing a dependency from source
	// takes, such as a compiler. They are in no image.
	BuildPackages []string `json:"buildPackages,omitempty"`
	// Entrypoint is the command that the built-in recipe's image runs.
	Entrypoint []string `json:"entrypoint,omitempty"`
	// CoverageThreshold is the least coverage in percent; 0 for no gate.
	CoverageThreshold float64 `json:"coverageThreshold,omitempty"`
	// LayerBudget is the most that one layer of a CUDA worker's image may weigh,
	// in MiB as it is pulled. Default: 2048.
	LayerBudget int `json:"layerBudget,omitempty"`
	// TestPaths are what the tests are run on, relative to the component.
	// Default: tests/unit for a CUDA worker, the tool's own for the others.
	TestPaths []string `json:"testPaths,omitempty"`
	// Environment is set where the component's tests and checks run.
	Environment map[string]string `json:"environment,omitempty"`
	// EnvFile are files of variables that are set there as well, relative to the
	// component; those of Environment win.
	EnvFile []string `json:"envFile,omitempty"`
	// TestServices are services of the repository's compose file that the tests reach
	// by their names.
	TestServices []string `json:"testServices,omitempty"`
	// CacheVolumes are directories, by absolute paths, that are kept from one run
	// of the component's tests and checks to the next.
	CacheVolumes []string `json:"cacheVolumes,omitempty"`
	// Writable are directories of the built-in recipe's image that its user may write,
	// relative to the component; "." lets files be added beside the sources.
	Writable []string `json:"writable,omitempty"`
	// ImageEnvironment is set in the built-in recipe's image.
	ImageEnvironment map[string]string `json:"imageEnvironment,omitempty"`
	// Port is what the built-in recipe's image, or a container, listens on; 0 for
	// none. Default: none, for a container the first that its Dockerfile exposes.
	Port int `json:"port,omitempty"`
	// HealthPath is asked for on Port by the built-in recipe's health check, and by
	// the probes that scaffold writes for a container. Default: none.
	HealthPath string `json:"healthPath,omitempty"`
	// Output is the folder that a frontend's build writes its site to, from the
	// component's directory. Default: found by what the build writes.
	Output string `json:"output,omitempty"`
	// KeepAssets are images of earlier releases of a frontend, by their digests. Files
	// of theirs that are named by their content are in the new image, too.
	KeepAssets []string `json:"keepAssets,omitempty"`
	// Headers are those of every answer of a frontend's recipe, in place of its own; an
	// empty one is not sent.
	Headers map[string]string `json:"headers,omitempty"`
	// AllowUnhashed installs packages that are locked to no version or no hash.
	AllowUnhashed bool `json:"allowUnhashed,omitempty"`
	// AllowExtraIndex lets requirements come from a second index.
	AllowExtraIndex bool `json:"allowExtraIndex,omitempty"`
	// AllowEmulation builds the component under emulation for a platform that
	// is not the engine's own.
	AllowEmulation bool `json:"allowEmulation,omitempty"`
}

// Platforms that images are published for.
const (
	ARM64 = "linux/arm64"
	AMD64 = "linux/amd64"
)

// settle checks the settings, fills in the defaults and makes the paths
// relative to the repository root.
func (c *Component) settle(fsys fs.FS, traits Traits) error {
	s := &c.Settings
	var err error
	if s.Libraries, err = resolveLibraries(c.Path, s.Libraries); err != nil {
		return err
	}
	for i, at := range s.Writable {
		s.Writable[i] = path.Clean(at)
	}
	if s.Dockerfile, err = dockerfileOf(fsys, *c, traits); err != nil {
		return err
	}
	if s.Context == "" && c.fromRoot(fsys) {
		s.Context = "."
		c.Infer("context", s.Context, "as "+s.Dockerfile+" names files there")
	}
	if len(s.Platforms) == 0 {
		s.Platforms = slices.Clone(traits.Platforms)
	}
	if len(s.TestPaths) == 0 {
		s.TestPaths = slices.Clone(traits.Defaults.TestPaths)
	}
	s.LayerBudget = cmp.Or(s.LayerBudget, traits.Defaults.LayerBudget)
	return errors.Join(c.checkPlatforms(traits), s.check())
}

// resolveLibraries makes the named libraries relative to the repository root.
func resolveLibraries(dir string, named []string) ([]string, error) {
	var resolved []string
	for _, name := range named {
		p := path.Clean(name)
		if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") {
			p = path.Join(dir, name)
		}
		if p == "." || !fs.ValidPath(p) {
			return nil, fmt.Errorf("library %q lies outside of the repository or is all of it. Name a directory of the repository", name)
		}
		resolved = append(resolved, p)
	}
	return resolved, nil
}

func (c *Component) checkPlatforms(traits Traits) error {
	for i, p := range c.Settings.Platforms {
		switch {
		case p != AMD64 && p != ARM64:
			return fmt.Errorf("platform %q is not supported. Name %s", p, strings.Join(traits.Platforms, ", or "))
		case !slices.Contains(traits.Platforms, p):
			return fmt.Errorf("platform %q: %s is published for %s only. Remove the platforms setting", p, traits.Article, strings.Join(traits.Platforms, ", "))
		case slices.Contains(c.Settings.Platforms[:i], p):
			return fmt.Errorf("platform %q is named twice. Name it once", p)
		}
	}
	return nil
}

// Settings become arguments of programs, so each has an alphabet in which no
// value can be taken for an option or hold shell syntax.
var (
	variableName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	systemPackage = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+:~-]+)?$`)
	cacheVolume   = regexp.MustCompile(`^(/root/\.cache|/var/cache|/var/lib|/tmp|/cache)(/[A-Za-z0-9._-]+)+$`)
	writable      = regexp.MustCompile(`^[A-Za-z0-9._][A-Za-z0-9._/-]*$`)
	healthPath    = regexp.MustCompile(`^/[A-Za-z0-9._~/?&=%-]*$`)
	pinnedImage   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9_.-]+)?@sha256:[0-9a-f]{64}$`)
	headerName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)
	headerValue   = regexp.MustCompile(`^[ -#%-~]*$`)
	stageName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
)

// servers are headers that tell of what is answered.
var servers = []string{"Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Date", "ETag", "Last-Modified", "Location", "Server", "Transfer-Encoding", "Vary"}

func (s *Settings) check() error {
	var failures []error
	refuse := func(format string, args ...any) { failures = append(failures, fmt.Errorf(format, args...)) }
	if s.Context != "" && s.Context != "." {
		refuse(`context %q: write "." for the repository root, or leave it out for the component's directory`, s.Context)
	}
	if s.CoverageThreshold < 0 || s.CoverageThreshold > 100 {
		refuse("coverage threshold %v is no percentage. Write a number from 0 to 100", s.CoverageThreshold)
	}
	if s.LayerBudget < 0 {
		refuse("layer budget %d is no size. Write the MiB that one layer may weigh", s.LayerBudget)
	}
	for _, target := range []string{s.Target, s.GatesTarget} {
		if target != "" && !stageName.MatchString(target) {
			refuse("target %q is no name of a Dockerfile stage. Write letters, digits, '-', '_' and '.'", target)
		}
	}
	for name, gate := range s.Gates {
		if err := gate.check(name); err != nil {
			failures = append(failures, err)
		}
	}
	for _, p := range slices.Concat(s.SystemPackages, s.BuildPackages, s.TestPackages) {
		if !systemPackage.MatchString(p) {
			refuse("package %q is no name of a Debian package. Correct the setting", p)
		}
	}
	for _, browser := range s.Browsers {
		if browser != "chromium" {
			refuse("browser %q is none that there is. Write chromium", browser)
		}
	}
	for _, p := range s.TestPaths {
		if !fs.ValidPath(path.Clean(p)) || strings.HasPrefix(p, "-") {
			refuse("test path %q leaves the component's directory. Write a path relative to it", p)
		}
	}
	for _, p := range s.Writable {
		if !fs.ValidPath(path.Clean(p)) || !writable.MatchString(path.Clean(p)) {
			refuse("writable %q is no directory of the component's. Write its path from there, like data, or \".\" for beside the sources", p)
		}
	}
	for _, v := range s.CacheVolumes {
		if !cacheVolume.MatchString(v) || path.Clean(v) != v || v == "/root/.cache/uv" {
			refuse("cache volume %q: write a path of the component's own below /root/.cache, /var/cache, /var/lib, /tmp or /cache, like /root/.cache/models", v)
		}
	}
	if s.Port < 0 || s.Port > 65535 {
		refuse("port %d is none. Write a number from 1 to 65535", s.Port)
	}
	if s.HealthPath != "" && !healthPath.MatchString(s.HealthPath) {
		refuse("health path %q: write a path like /healthz", s.HealthPath)
	}
	if path.IsAbs(s.Output) {
		refuse("output %q is no folder. Write a path relative to the component's directory", s.Output)
	}
	for _, image := range s.KeepAssets {
		if !pinnedImage.MatchString(image) {
			refuse("image %q of keep-assets is not pinned. Write it with its registry and its digest, like ghcr.io/acme/web@sha256:…", image)
		}
	}
	for name, value := range s.Headers {
		if !headerName.MatchString(name) || slices.ContainsFunc(servers, func(own string) bool { return strings.EqualFold(own, name) }) {
			refuse("header %q is none that a setting can give. The server's own are %s", name, strings.Join(servers, ", "))
		}
		if !headerValue.MatchString(value) {
			refuse("header %s: %q is no value. Write visible ASCII without '$'", name, value)
		}
	}
	for _, variables := range []map[string]string{s.BuildArgs, s.Environment, s.ImageEnvironment} {
		for name := range variables {
			if !variableName.MatchString(name) {
				refuse("variable %q is no variable's name. Write letters, digits and '_'", name)
			}
		}
	}
	return errors.Join(failures...)
}

// decodeSettings reads a settings table. TOML's kebab-case keys have become
// camelCase before, so that there is one set of keys to know.
func (m *Manifest) decodeSettings(dir string, table map[string]any, spell func(string) string) error {
	known := settingKeys()
	table = maps.Clone(table)
	if dir == "." {
		delete(table, repositoryKey) // See readRepository.
	}
	m.set = slices.Sorted(maps.Keys(table))
	for _, key := range m.set {
		if key == repositoryKey {
			return fmt.Errorf("%q is of the whole repository, and this is %s. Move it to the repository's root", key, dir)
		}
		if !slices.Contains(known, key) {
			return fmt.Errorf("unknown key %q; did you mean %q?", spell(key), spell(nearest(key, known)))
		}
	}
	raw, err := json.Marshal(table)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	if err := json.Unmarshal(raw, &m.Settings); err != nil {
		if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is {
			return fmt.Errorf("key %q holds a %s where a %s belongs. Correct its value", spell(wrong.Field), wrong.Value, wrong.Type)
		}
		return fmt.Errorf("read settings: %w", err)
	}
	return nil
}
