package scanning

import (
	"context"
	"fmt"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

const cacheAt = "/trivy"

// Where a container that has scanned has what came of it.
const (
	reportAt       = "/report.json"
	unsuppressedAt = "/unsuppressed.json"
	versionAt      = "/scanner.json"
)

var (
	databaseVolume = ground.Volume{Name: "trivy-db", Sharing: dagger.CacheSharingModeLocked}
	// Trivy remembers what it saw in a layer, in a database that one process
	// opens at a time. A base image is looked through once, not once a component.
	layersVolume = ground.Volume{Name: "trivy-layers", Sharing: dagger.CacheSharingModeLocked}
)

// Volumes are the cache volumes that scanning uses.
func Volumes() []ground.Volume { return []ground.Volume{databaseVolume, layersVolume} }

// databases are where Trivy's vulnerability database is published, in the
// order in which they are asked: the first home limits how often.
var databases = []string{
	"mirror.gcr.io/aquasec/trivy-db:2",
	"ghcr.io/aquasecurity/trivy-db:2",
	"public.ecr.aws/aquasecurity/trivy-db:2",
}

// program is Trivy with its database, and the arguments that say where it is.
type program struct {
	// tool has no database and no cache.
	tool      *dagger.Container
	container *dagger.Container
	arguments []string
	// locked tells that the image lock names the database.
	locked bool
}

// Tool is a container with Trivy and a shell, without its database.
func (s *Scanner) Tool(ctx context.Context) (*dagger.Container, error) {
	p, err := s.program(ctx)
	return p.tool, err
}

// Warm fetches the scanner and its database.
func (s *Scanner) Warm(ctx context.Context) error {
	p, err := s.program(ctx)
	if err != nil {
		return err
	}
	if p.locked {
		_, err = p.container.Sync(ctx)
		return err
	}
	_, err = p.container.WithExec(append([]string{"trivy", "image", "--download-db-only", "--cache-dir", cacheAt}, p.arguments...)).Sync(ctx)
	return err
}

// program takes the database from the image lock's trivy-db image, which needs
// no network, or as Aqua publishes it, refreshed once a day.
func (s *Scanner) program(ctx context.Context) (program, error) {
	table, err := s.Images.Table(ctx)
	if err != nil {
		return program{}, err
	}
	reference, err := table.Reference(images.Scanner)
	if err != nil {
		return program{}, err
	}
	// Before it runs: the malicious releases read credentials.
	if err := trivy.CheckReference(reference); err != nil {
		return program{}, err
	}
	// What only newer versions know is said in the environment, where an older
	// one of an image lock ignores it.
	tool := dag.Container().From(reference).
		WithUser("root").
		WithEnvVariable("TRIVY_SKIP_VERSION_CHECK", "true").
		WithEnvVariable("TRIVY_DISABLE_TELEMETRY", "true")
	if database, has := table.Lookup("trivy-db"); has {
		files := dag.Container().From(database).Directory("/trivy-db")
		return program{
			tool:      tool,
			container: tool.WithMountedDirectory(cacheAt+"/db", files).With(layersVolume.At(cacheAt + "/fanal")),
			arguments: []string{"--skip-db-update", "--offline-scan"},
			locked:    true,
		}, nil
	}
	var arguments []string
	for _, repository := range databases {
		arguments = append(arguments, "--db-repository", repository)
	}
	refreshed := tool.With(databaseVolume.At(cacheAt)).
		// The day is part of the cache key, so that tomorrow's scan is a new one.
		WithEnvVariable("PINGVAS_DATABASE_DAY", time.Now().UTC().Format(time.DateOnly))
	return program{tool: tool, container: refreshed, arguments: arguments}, nil
}

// unpacked is the image as an OCI layout: the files that are scanned, and of
// which publishing then sends those that the registry lacks.
func (p program) unpacked(image *dagger.Container) *dagger.Directory {
	tarball := image.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesOcimediaTypes})
	return p.tool.
		WithMountedFile("/image.tar", tarball).
		WithDirectory("/layout", dag.Directory()).
		WithExec([]string{"tar", "-x", "-f", "/image.tar", "-C", "/layout"}).
		Directory("/layout")
}

// scanned has the report, and what made it. With VEX statements it is scanned
// again, and the report without them is there as well.
func (p program) scanned(layout *dagger.Directory, kinds trivy.Kinds, vex []trivy.VEX) *dagger.Container {
	command := append([]string{
		"trivy", "image", "--input", "/layout", "--cache-dir", cacheAt,
		"--format", "json", "--output", reportAt,
		"--scanners", kinds.Argument(), "--image-config-scanners", "secret", "--list-all-pkgs", "--timeout", "10m",
		"--skip-java-db-update", "--skip-check-update", "--quiet",
	}, p.arguments...)
	scanned := p.container.
		WithMountedDirectory("/layout", layout).
		WithExec(command)
	if len(vex) > 0 {
		scanned = scanned.WithExec([]string{"cp", reportAt, unsuppressedAt})
		command = append(command, "--show-suppressed")
		for i, document := range vex {
			file := fmt.Sprintf("/vex/%d.json", i)
			scanned = scanned.WithNewFile(file, document.Text())
			command = append(command, "--vex", file)
		}
		scanned = scanned.WithExec(command)
	}
	return scanned.
		WithExec([]string{"trivy", "version", "--format", "json", "--cache-dir", cacheAt},
			dagger.ContainerWithExecOpts{RedirectStdout: versionAt})
}

// configuration is the report of an image's configuration, given as a
// Dockerfile. The checks are those within the program, so that they change with
// its digest and not by themselves. Two platforms and a hundred commits of a
// component have one configuration, which is checked once.
func (p program) configuration(dockerfile []byte) *dagger.File {
	return p.tool.
		WithNewFile("/configuration/"+trivy.ImageConfiguration, string(dockerfile)).
		WithExec([]string{
			"trivy", "config", "--format", "json", "--output", reportAt, "--skip-check-update", "--quiet", "/configuration",
		}).
		File(reportAt)
}

// converted is the report in another format. Nothing is scanned again.
func (p program) converted(report *dagger.File, format string) *dagger.File {
	return p.tool.
		WithMountedFile(reportAt, report).
		WithExec([]string{"trivy", "convert", "--quiet", "--format", format, "--output", "/converted.json", reportAt}).
		File("/converted.json")
}
