package gitops

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/pingvas/pingvas-ci/ci/internal/dora"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Deployments are what environments got since a time, all of them where none is named.
// TimeOf tells when a commit of the source was made, where the history does not say.
func Deployments(ctx context.Context, dir string, environments []string, since time.Time, timeOf func(commit string) time.Time) ([]dora.Deployment, error) {
	if !hasHistory(dir) {
		return nil, fmt.Errorf("there is no git history to measure: the directory has no .git. Give the whole clone")
	}
	all, err := overlays(dir)
	if err != nil {
		return nil, err
	}
	if len(environments) == 0 {
		environments = all
	}
	logs := map[string][]gitrepo.Commit{}
	for _, environment := range slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(all), environments...)))) {
		if err := names.Environment(environment); err != nil {
			return nil, err
		}
		if logs[environment], err = gitrepo.Log(ctx, dir, "apps/overlays/"+environment); err != nil {
			return nil, err
		}
	}
	made := sourceTimes(logs)
	var deployments []dora.Deployment
	for _, environment := range environments {
		log := until(logs[environment], since)
		first := len(log) == len(logs[environment])
		found, err := deployed(ctx, dir, environment, log, first, func(image kustomize.Image) time.Time {
			if at, known := made[image.Name+"@"+image.Digest]; known || SourceOf(image) == "" {
				return at
			}
			return timeOf(SourceOf(image))
		})
		if err != nil {
			return nil, fmt.Errorf("deployments of %s: %w", environment, err)
		}
		deployments = append(deployments, found...)
	}
	return deployments, nil
}

// overlays are the environments that there are.
func overlays(dir string) (all []string, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, "apps/overlays"))
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, e.Name())
		}
	}
	return all, err
}

// until are the commits since a time, and the one before them, from which they differ.
func until(commits []gitrepo.Commit, since time.Time) []gitrepo.Commit {
	last := slices.IndexFunc(commits, func(c gitrepo.Commit) bool { return c.Committed.Before(since) })
	if last < 0 {
		return commits
	}
	return commits[:last+1]
}

// sourceTimes are when the commits were made that images are of, as was recorded of
// their digests in any environment.
func sourceTimes(logs map[string][]gitrepo.Commit) map[string]time.Time {
	made := map[string]time.Time{}
	for _, commits := range logs {
		for _, c := range commits {
			for _, part := range append(slices.Clone(c.Merged), c) {
				at, err := time.Parse(time.RFC3339, part.Trailer(trailerTime))
				if err != nil || len(c.Merged) > 0 && part.Hash == c.Hash {
					continue
				}
				for _, t := range part.Trailers {
					if t.Key == trailerDigest {
						made[t.Value] = at
					}
				}
			}
		}
	}
	return made
}

// deployed are an environment's deployments by its commits, newest first. What it began
// with is none, if the first of all is among them.
func deployed(ctx context.Context, dir, environment string, commits []gitrepo.Commit, first bool, made func(kustomize.Image) time.Time) (all []dora.Deployment, err error) {
	overlay := "apps/overlays/" + environment
	pins, err := kustomize.Pins(dir, environment)
	if err != nil {
		return nil, err
	}
	images, err := imagesAt(ctx, dir, overlay, slices.Sorted(maps.Keys(pins)), commits)
	if err != nil {
		return nil, err
	}
	for _, component := range slices.Sorted(maps.Keys(pins)) {
		at := map[string]int{} // Where the last deployment of a reference is.
		var before kustomize.Image
		for i, c := range slices.Backward(commits) {
			image, is := images[i][component]
			if !is || image == before {
				continue
			}
			before = image
			if first && i == len(commits)-1 {
				continue
			}
			pin := Pin{image, setting(c, image)}
			taken := rolledBack(pin.Commit, component)
			for _, reference := range taken {
				if of, known := at[reference]; known && all[of].RolledBack.IsZero() {
					all[of].RolledBack = c.Committed
				}
			}
			if len(taken) > 0 {
				continue
			}
			at[image.Reference()] = len(all)
			all = append(all, dora.Deployment{
				Environment: environment, Component: component, Image: version(image), Commit: c.Hash, At: c.Committed, Made: made(image),
			})
		}
	}
	return all, nil
}

// imagesAt are the pins of components at each of the commits. A file that did not change
// between two is read once.
func imagesAt(ctx context.Context, dir, overlay string, components []string, commits []gitrepo.Commit) ([]map[string]kustomize.Image, error) {
	var files []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		files = append(files, path.Join(overlay, name))
	}
	for _, component := range components {
		now, err := kustomize.FileOf(dir, path.Base(overlay), component)
		for _, file := range []string{path.Join(overlay, component, konfig.DefaultKustomizationFileName()), now} {
			if err == nil && !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	var wanted []gitrepo.File
	for _, c := range commits {
		for _, file := range files {
			wanted = append(wanted, gitrepo.File{Commit: c.Hash, Path: file})
		}
	}
	contents, err := gitrepo.Files(ctx, dir, wanted)
	if err != nil {
		return nil, err
	}
	read := map[string][]kustomize.Image{}
	at := make([]map[string]kustomize.Image, len(commits))
	for i, c := range commits {
		at[i] = map[string]kustomize.Image{}
		for _, file := range files {
			text := string(contents[gitrepo.File{Commit: c.Hash, Path: file}])
			images, known := read[text]
			if !known {
				images, _ = kustomize.PinsIn([]byte(text)) // One that cannot be read pins nothing.
				read[text] = images
			}
			for _, image := range images {
				at[i][image.Name] = image
			}
		}
	}
	return at, nil
}
