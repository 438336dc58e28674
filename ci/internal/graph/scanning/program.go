package scanning

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
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

// javaDatabases are where it is published what Maven calls a jar: by that name
// advisories know it. Trivy asks when it meets one.
var javaDatabases = []string{
	"mirror.gcr.io/aquasec/trivy-java-db:1",
	"ghcr.io/aquasecurity/trivy-java-db:1",
	"public.ecr.aws/aquasecurity/trivy-java-db:1",
}

// program is Trivy with its database, and the arguments that say where it is.
type program struct {
	// tool has no database and no cache.
	tool      *dagger.Container
	container *dagger.Container
	arguments []string
	// java are those that say where the database of jars is.
	java []string
	// locked tells that the caller or the image lock names the database.
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

// program takes the databases from the caller's directory, or from the image lock's
// trivy-db and trivy-java-db images, which needs no network, or as Aqua publishes
// them, refreshed once a day.
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
	p := program{tool: tool}
	if s.Databases != nil {
		return p.given(ctx, s.Databases)
	}
	if database, has := table.Lookup("trivy-db"); has {
		p = p.with(dag.Container().From(database).Directory("/trivy-db"))
	} else {
		p.arguments = from("--db-repository", databases)
		p.container = tool.With(databaseVolume.At(cacheAt)).
			// The day is part of the cache key, so that tomorrow's scan is a new one.
			WithEnvVariable("PINGVAS_DATABASE_DAY", time.Now().UTC().Format(time.DateOnly))
	}
	if database, has := table.Lookup("trivy-java-db"); has {
		return p.withJava(dag.Container().From(database).Directory("/trivy-java-db")), nil
	}
	p.java = []string{skipJava}
	if !p.locked {
		p.java = from("--java-db-repository", javaDatabases)
	}
	return p, nil
}

// given takes the databases from the caller's directory, which is as Trivy keeps
// them below its cache.
func (p program) given(ctx context.Context, directory *dagger.Directory) (program, error) {
	has, err := directory.Entries(ctx)
	if err != nil {
		return p, fmt.Errorf("list the databases of Trivy: %w", err)
	}
	if !slices.Contains(has, "db/") {
		return p, fmt.Errorf("the directory of with-trivy-databases has %s and no db. Give what Trivy keeps below its cache, with db/trivy.db and db/metadata.json in it", cmp.Or(strings.Join(has, ", "), "nothing"))
	}
	p = p.with(directory.Directory("db"))
	if slices.Contains(has, "java-db/") {
		return p.withJava(directory.Directory("java-db")), nil
	}
	p.java = []string{skipJava}
	return p, nil
}

// with takes the database as it is, which needs no network.
func (p program) with(database *dagger.Directory) program {
	p.locked = true
	p.arguments = []string{"--skip-db-update", "--offline-scan"}
	p.container = p.tool.WithMountedDirectory(cacheAt+"/db", database).With(layersVolume.At(cacheAt + "/fanal"))
	return p
}

// withJava takes the database of jars as it is.
func (p program) withJava(database *dagger.Directory) program {
	p.container = p.container.WithMountedDirectory(cacheAt+"/java-db", database)
	p.java = []string{skipJava}
	return p
}

// skipJava has Trivy take the database of jars that is there.
const skipJava = "--skip-java-db-update"

// from has an option for each of several homes.
func from(option string, homes []string) (arguments []string) {
	for _, home := range homes {
		arguments = append(arguments, option, home)
	}
	return arguments
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

// withoutJars passes over what only the database of jars could name.
var withoutJars = from("--skip-files", []string{"**/*.jar", "**/*.war", "**/*.ear", "**/*.par"})

// jarsNotLooked is the note on an image with jars that were passed over.
const jarsNotLooked = "jars were not looked up and are in no bill of materials, as Trivy's Java database could not be had. " +
	"See that the engine reaches ghcr.io, give it with with-trivy-databases, or name an image with it in the image lock as trivy-java-db"

// scanned has the report, and what made it. Trivy gives up an image with jars where
// it has no database of them: then they are passed over, and that is noted.
func (p program) scanned(ctx context.Context, layout *dagger.Directory, kinds trivy.Kinds, vex []trivy.VEX) (scanned *dagger.Container, notes []string, err error) {
	scanned, err = p.scan(layout, kinds, vex, p.java).Sync(ctx)
	if printed, _ := ground.Printed(err); strings.Contains(printed, "Java DB") {
		notes = append(notes, jarsNotLooked)
		scanned, err = p.scan(layout, kinds, vex, append(withoutJars, skipJava)).Sync(ctx)
	}
	return scanned, notes, err
}

// scan has Trivy scan. With VEX statements it does so again, and the report without
// them is there as well.
func (p program) scan(layout *dagger.Directory, kinds trivy.Kinds, vex []trivy.VEX, java []string) *dagger.Container {
	command := slices.Concat([]string{
		"trivy", "image", "--input", "/layout", "--cache-dir", cacheAt,
		"--format", "json", "--output", reportAt,
		"--scanners", kinds.Argument(), "--image-config-scanners", "secret", "--list-all-pkgs", "--timeout", "10m",
		"--skip-check-update", "--quiet",
	}, p.arguments, java)
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
	if p.locked {
		return scanned
	}
	return scanned.With(noted) // The scan may have fetched the database.
}

// noted has noted what makes reports.
func noted(c *dagger.Container) *dagger.Container {
	return c.WithExec([]string{"trivy", "version", "--format", "json", "--cache-dir", cacheAt},
		dagger.ContainerWithExecOpts{RedirectStdout: versionAt})
}

// version says what made the report of a scan. With a database that somebody names it is
// the same of every scan, and asked for once.
func (p program) version(scanned *dagger.Container) *dagger.File {
	if p.locked {
		scanned = p.container.With(noted)
	}
	return scanned.File(versionAt)
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
