package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Delivered is a component's image in a registry.
type Delivered struct {
	// Component is the component's name.
	Component string
	// Repository is the image's name, with its registry.
	Repository string
	// Also are its names in further registries.
	Also []string
	// Tags are the tags that it was published under.
	Tags []string
	// TagsLeft are the tags that move, such as develop-latest, and were left
	// where they are: at the image of a newer commit.
	TagsLeft []string
	// Digest is the digest of the image's multi-platform index.
	Digest string
	// Platforms are what it runs on.
	Platforms []string
	// Size is how many bytes a registry holds of it, for all platforms.
	Size int
	// Scan says in one line what Trivy found in it.
	Scan string
	// Kept tells that an earlier run of the commit had published it: it was
	// scanned anew, and not built again.
	Kept bool
}

// note says in one line what was published.
func (d *Delivered) note() string {
	if len(d.TagsLeft) == 0 {
		return d.Digest
	}
	return fmt.Sprintf("%s; %s stays at a newer commit's image", d.Digest, strings.Join(d.TagsLeft, ", "))
}

// Json returns what was published for programs.
func (d *Delivered) Json() (string, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	return string(text), err
}

// candidate is a component's images, built and scanned, one for each platform.
type candidate struct {
	component component.Component
	labels    map[string]string
	variants  []variant
	// earlier is the image of an earlier run, which is kept; else unproven says
	// why what is under the commit's tag is not, if anything is there.
	earlier  *earlier
	unproven error
}

// variant is a component's image for one platform, with what was found in it.
type variant struct {
	image *dagger.Container
	scan  *PlatformScan
}

// image is what was scanned, ready to be pushed.
func (p *PlatformScan) image(ctx context.Context) (registry.Image, error) {
	image, err := registry.ReadImage(ctx, layout{p.Layout})
	if err != nil {
		return image, fmt.Errorf("%s %s: %w", p.Component, p.Platform, err)
	}
	report, err := p.report(ctx)
	if err != nil {
		return image, err
	}
	// The scanner has read the same files. That it says so costs nothing to see.
	if image.Config != report.ImageID() || image.Platform != p.Platform {
		return image, fmt.Errorf("%s %s: the image to be pushed is %s for %s, but %s was scanned. Nothing is pushed: report this",
			p.Component, p.Platform, image.Config, image.Platform, report.ImageID())
	}
	return image, nil
}

// layout is an OCI layout in the engine, of which files are fetched one by one.
type layout struct{ directory *dagger.Directory }

// Open fetches a file to this process's disk, and forgets it when it is closed.
func (l layout) Open(ctx context.Context, file string) (io.ReadCloser, error) {
	dir, err := os.MkdirTemp("", "layout-")
	if err != nil {
		return nil, fmt.Errorf("make room for %s: %w", file, err)
	}
	at := filepath.Join(dir, path.Base(file))
	if _, err := l.directory.File(file).Export(ctx, at); err != nil {
		return nil, errors.Join(fmt.Errorf("fetch %s: %w", file, err), os.RemoveAll(dir))
	}
	opened, err := os.Open(at)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return temporary{opened, dir}, nil
}

type temporary struct {
	*os.File
	dir string
}

func (t temporary) Close() error { return errors.Join(t.File.Close(), os.RemoveAll(t.dir)) }

// publishOne publishes one candidate to every registry: the files that were
// scanned, of all platforms, as one index.
//
// They go from the engine to the registry through this process, and only those
// that the registry lacks: what it holds is what was scanned by construction,
// and no credentials enter the engine.
func (d *delivery) publishOne(ctx context.Context, c candidate) (*Delivered, error) {
	p, err := d.publication(ctx, c)
	if err != nil {
		return nil, err
	}
	name := c.component.Name
	delivered := &Delivered{
		Component: name,
		Platforms: c.component.Settings.Platforms,
		Size:      registry.Size(p.Images),
		Scan:      c.variants[0].scan.Summary,
		Kept:      c.earlier != nil,
	}
	for _, target := range d.registries {
		pushed, err := target.publish(ctx, name, p)
		if err != nil {
			return nil, notary.Advised(err, c.unproven, d.ci.Signing != nil)
		}
		repository := target.Address + "/" + name
		if delivered.Digest == "" {
			delivered.Repository, delivered.Digest = repository, pushed.Digest
			delivered.Tags, delivered.TagsLeft = pushed.Tags, pushed.Stay
			continue
		}
		delivered.Also = append(delivered.Also, repository)
	}
	return delivered, nil
}

// publication is a candidate with its tags and what is known of it.
func (d *delivery) publication(ctx context.Context, c candidate) (p notary.Publication, err error) {
	if p.Tags, err = registry.Tags(c.component.TagSuffix(), d.commit, d.branch, d.latest); err != nil {
		return p, err
	}
	for _, v := range c.variants {
		image, err := v.scan.image(ctx)
		if err != nil {
			return p, err
		}
		p.Images = append(p.Images, image)
	}
	return p, d.facts(ctx, c, &p)
}

// publish publishes to one registry, where the repository is made if need be.
func (t *RegistryTarget) publish(ctx context.Context, name string, p notary.Publication) (notary.Published, error) {
	client, err := t.client(ctx)
	if err != nil {
		return notary.Published{}, err
	}
	if err := client.prepare(ctx, name); err != nil {
		return notary.Published{}, err
	}
	return client.notary(name).Publish(ctx, p)
}

// publishOf checks, builds, scans and publishes one component.
func (m *PingvasCi) publishOf(ctx context.Context, name, commit string) (*Delivered, error) {
	if len(m.Registries) == 0 {
		return nil, errors.New("no registry is known. Name one with with-registry --address")
	}
	c, err := m.find(ctx, name)
	if err != nil {
		return nil, err
	}
	d := delivery{ci: m, run: newRun(m.Parallel), registries: m.Registries, gitops: &Gitops{}, components: []component.Component{c}}
	if err := d.name(ctx, commit, ""); err != nil {
		return nil, err
	}
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	defer d.close(context.WithoutCancel(ctx))
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	if err := d.prepare(ctx); err != nil {
		return nil, err
	}
	delivered, err := d.publish(ctx)
	if err != nil {
		return nil, err
	}
	return delivered[0], nil
}
