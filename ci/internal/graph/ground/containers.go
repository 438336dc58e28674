package ground

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// Nobody is the user that images run as when they name none: no account of the
// base image, so nothing in it belongs to it.
const Nobody = "65532:65532"

// OCI is what the names begin with that the OCI has for labels.
const OCI = "org.opencontainers.image."

// WithVariables sets environment variables, in order of their names.
func WithVariables(c *dagger.Container, variables map[string]string) *dagger.Container {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		c = c.WithEnvVariable(name, variables[name])
	}
	return c
}

// WithLabels adds labels in the order of their names.
func WithLabels(image *dagger.Container, labels map[string]string) *dagger.Container {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		image = image.WithLabel(name, labels[name])
	}
	return image
}

// WithoutBaseLabels drops what the base image says of itself: in an image made
// from it, it would be said of that.
func WithoutBaseLabels(image *dagger.Container) *dagger.Container {
	for _, label := range []string{"title", "description", "source", "url", "documentation", "vendor", "authors", "licenses", "version", "revision", "created"} {
		image = image.WithoutLabel(OCI + label)
	}
	return image
}

// Layer puts a tree at its place in an image, the folders above it included,
// without the times at which it was made: the same files are the same layer.
func Layer(at string, tree *dagger.Directory) dagger.WithContainerFunc {
	return func(image *dagger.Container) *dagger.Container {
		return image.WithDirectory("/", dag.Directory().WithDirectory(at, tree).WithTimestamps(0))
	}
}

// WithSystemPackages installs Debian packages, and leaves no lists of others.
// Names come from the settings, which know no shell syntax.
func WithSystemPackages(c *dagger.Container, packages []string) *dagger.Container {
	if len(packages) == 0 {
		return c
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(packages)))
	return c.WithExec([]string{"sh", "-ec", "apt-get update -qq; " +
		"DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends " + strings.Join(sorted, " ") + "; " +
		"rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*"})
}

// unknown is where WithKnownPackages notes what it leaves out.
const unknown = "/tmp/.pingvas-ci-unknown"

// WithKnownPackages installs those of the packages that Debian has, and returns the
// others: names that were read for another system, and all where they do not go together.
func WithKnownPackages(ctx context.Context, c *dagger.Container, packages []string) (*dagger.Container, []string, error) {
	if len(packages) == 0 {
		return c, nil, nil
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(packages)))
	done := c.WithExec(append([]string{"sh", "-ec", "apt-get update -qq; " +
		`[ -n "$(apt-cache madison apt)" ] || { echo "Debian's lists of packages cannot be had" >&2; exit 1; }; ` + ": >" + unknown + "; known=; " +
		`for name do if [ -n "$(apt-cache madison "$name")" ] || [ -n "$(apt-cache showpkg "$name" 2>/dev/null | sed "1,/^Reverse Provides/d")" ]; then known="$known $name"; else echo "$name" >>` + unknown + "; fi; done; " +
		`[ -z "$known" ] || DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $known || printf "%s\n" $known >>` + unknown + "; " +
		"rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*", "sh"}, sorted...))
	text, err := done.File(unknown).Contents(ctx)
	if err != nil {
		return nil, nil, Explained(err, "install the Debian packages %s, which nobody set. To do without them, write test-packages = []:", strings.Join(sorted, ", "))
	}
	return done.WithoutFile(unknown), strings.Fields(text), nil
}

// Native is the engine's own platform.
func Native(ctx context.Context) (dagger.Platform, error) {
	native, err := dag.DefaultPlatform(ctx)
	if err != nil {
		return "", fmt.Errorf("ask the engine for its platform: %w", err)
	}
	return native, nil
}

// Unemulated says of a build that ran a program of a platform which the
// engine's machine cannot run what is missing there. Other errors stay.
func Unemulated(platform dagger.Platform, err error) error {
	if err == nil {
		return nil
	}
	printed, _ := Printed(err)
	if !strings.Contains(strings.ToLower(err.Error()+printed), "exec format error") {
		return err
	}
	return Explained(err, "the build runs programs of %s, and the engine's machine emulates none. There, register QEMU in binfmt_misc: "+
		"apt-get install qemu-user-static binfmt-support, or docker run --privileged --rm tonistiigi/binfmt --install %s. "+
		"Or run on an engine of that platform:", platform, path.Base(string(platform)))
}
