package main

import (
	"context"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

const trivyCache = "/trivy"

// databases are where Trivy's vulnerability database is published, in the
// order in which they are asked: the first home limits how often.
var databases = []string{
	"mirror.gcr.io/aquasec/trivy-db:2",
	"ghcr.io/aquasecurity/trivy-db:2",
	"public.ecr.aws/aquasecurity/trivy-db:2",
}

// scanner is Trivy with its database, and the arguments that say where it is.
type scanner struct {
	tool      *dagger.Container
	container *dagger.Container
	arguments []string
	locked    bool
}

// scanner takes the database from the image lock's trivy-db image, which needs
// no network, or as Aqua publishes it, refreshed once a day.
func (m *PingvasCi) scanner(ctx context.Context) (scanner, error) {
	table, err := m.images(ctx)
	if err != nil {
		return scanner{}, err
	}
	trivyImage, err := table.Reference(scannerImage)
	if err != nil {
		return scanner{}, err
	}
	// Before it runs: the malicious releases read credentials.
	if err := trivy.CheckReference(trivyImage); err != nil {
		return scanner{}, err
	}
	// What only newer versions know is said in the environment, where an older
	// one of an image lock ignores it.
	base := dag.Container().From(trivyImage).
		WithUser("root").
		WithEnvVariable("TRIVY_SKIP_VERSION_CHECK", "true").
		WithEnvVariable("TRIVY_DISABLE_TELEMETRY", "true")
	if database, has := table.Lookup("trivy-db"); has {
		files := dag.Container().From(database).Directory("/trivy-db")
		return scanner{
			tool:      base,
			container: base.WithMountedDirectory(trivyCache+"/db", files).With(scannedVolume.at(trivyCache + "/fanal")),
			arguments: []string{"--skip-db-update", "--offline-scan"},
			locked:    true,
		}, nil
	}
	arguments := []string{}
	for _, repository := range databases {
		arguments = append(arguments, "--db-repository", repository)
	}
	refreshed := base.With(databaseVolume.at(trivyCache)).
		// The day is part of the cache key, so that tomorrow's scan is a new one.
		WithEnvVariable("PINGVAS_DATABASE_DAY", time.Now().UTC().Format(time.DateOnly))
	return scanner{tool: base, container: refreshed, arguments: arguments}, nil
}

// unpacked is the image as an OCI layout: the files that are scanned, and of
// which publishing then sends those that the registry lacks.
func (s scanner) unpacked(image *dagger.Container) *dagger.Directory {
	tarball := image.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesOcimediaTypes})
	return s.tool.
		WithMountedFile("/image.tar", tarball).
		WithDirectory("/layout", dag.Directory()).
		WithExec([]string{"tar", "-x", "-f", "/image.tar", "-C", "/layout"}).
		Directory("/layout")
}

// scanned has the report at /report.json, and what made it at /scanner.json.
func (s scanner) scanned(layout *dagger.Directory) *dagger.Container {
	command := append([]string{
		"trivy", "image", "--input", "/layout", "--cache-dir", trivyCache,
		"--format", "json", "--output", "/report.json",
		"--scanners", "vuln,secret", "--list-all-pkgs", "--timeout", "10m",
		"--skip-java-db-update", "--quiet",
	}, s.arguments...)
	return s.container.
		WithMountedDirectory("/layout", layout).
		WithExec(command).
		WithExec([]string{"trivy", "version", "--format", "json", "--cache-dir", trivyCache},
			dagger.ContainerWithExecOpts{RedirectStdout: "/scanner.json"})
}

// converted is the report in another format. Nothing is scanned again.
func (s scanner) converted(report *dagger.File, format string) *dagger.File {
	return s.tool.
		WithMountedFile("/report.json", report).
		WithExec([]string{"trivy", "convert", "--quiet", "--format", format, "--output", "/converted.json", "/report.json"}).
		File("/converted.json")
}
