package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Layout says where an environment keeps its kustomization files. There are two
// ways, and Detect finds out which: one file for the environment,
//
//	apps/overlays/<environment>/kustomization.yaml
//
// or one for each service,
//
//	apps/overlays/<environment>/<service>/kustomization.yaml
//
// All paths are relative to the repository and have forward slashes.
type Layout struct {
	// Environment is the environment's name.
	Environment string
	// Shared is the one file of the environment, empty when each service has its own.
	Shared string
	// PerService has the file of each service, empty when there is one for all.
	PerService map[string]string
}

// Detect looks for the kustomization files of an environment in a GitOps
// repository. Both layouts at once are refused, because it would be unclear
// which of the two pins an image; so is neither.
func Detect(dir, environment string) (Layout, error) {
	if err := names.Environment(environment); err != nil {
		return Layout{}, err
	}
	l := Layout{Environment: environment, PerService: map[string]string{}}
	overlays := path.Join("apps/overlays", environment)
	children, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(overlays)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Layout{}, fmt.Errorf("look for the overlays of %s: %w", environment, err)
	}
	if l.Shared, err = kustomizationIn(dir, overlays); err != nil {
		return Layout{}, err
	}
	for _, child := range children {
		if !child.IsDir() {
			continue
		}
		file, err := kustomizationIn(dir, path.Join(overlays, child.Name()))
		if err != nil {
			return Layout{}, err
		}
		if file == "" {
			continue
		}
		if err := names.Component(child.Name()); err != nil {
			return Layout{}, fmt.Errorf("%s is of no service: %w Rename its folder, or move it out of %s", file, err, overlays)
		}
		l.PerService[child.Name()] = file
	}
	return l, l.check()
}

func (l Layout) check() error {
	overlays := path.Join("apps/overlays", l.Environment)
	switch {
	case l.Shared != "" && len(l.PerService) > 0:
		return fmt.Errorf("environment %s has a kustomization for all services (%s) and others for single services (%s). Keep one layout",
			l.Environment, l.Shared, strings.Join(l.Files(), ", "))
	case l.Shared == "" && len(l.PerService) == 0:
		return fmt.Errorf("environment %s has no kustomization: looked for %s/kustomization.yaml and %s/<service>/kustomization.yaml. Create one of them",
			l.Environment, overlays, overlays)
	}
	return nil
}

// File is the kustomization file that pins an image, or is to: by the name of the
// image, which is that of its service where each has a file of its own.
func (l Layout) File(image string) (string, error) {
	if err := names.Repository(image); err != nil {
		return "", err
	}
	if l.Shared != "" {
		return l.Shared, nil
	}
	if file, ok := l.PerService[image]; ok {
		return file, nil
	}
	return "", fmt.Errorf("%s has no overlay in %s: looked for %s. Create it, the services there are %s", image, l.Environment,
		path.Join("apps/overlays", l.Environment, image, "kustomization.yaml"), strings.Join(l.Services(), ", "))
}

// Folders are the services beside which an environment pins images that have
// other names, such as sidecars; none where there is one file for all.
func Folders(dir, environment string) (map[string]string, error) {
	layout, err := Detect(dir, environment)
	if err != nil {
		return nil, err
	}
	beside := map[string]string{}
	for _, service := range layout.Services() {
		images, err := pinsOf(dir, layout.PerService[service])
		if err != nil {
			return nil, err
		}
		for _, image := range images {
			beside[image.Name] = service
		}
	}
	return beside, nil
}

// FileOf is the kustomization file in which an environment pins an image, or else
// is to.
func FileOf(dir, environment, image string) (string, error) {
	layout, err := Detect(dir, environment)
	if err != nil {
		return "", err
	}
	beside, err := Folders(dir, environment)
	if err != nil {
		return "", err
	}
	if service, ok := beside[image]; ok {
		return layout.PerService[service], nil
	}
	return layout.File(image)
}

// Files are all kustomization files of the environment, sorted.
func (l Layout) Files() []string {
	if len(l.PerService) == 0 {
		return []string{l.Shared}
	}
	var files []string
	for _, service := range l.Services() {
		files = append(files, l.PerService[service])
	}
	return files
}

// Services are the services that have a file of their own, sorted.
func (l Layout) Services() []string {
	var services []string
	for service := range l.PerService {
		services = append(services, service)
	}
	slices.Sort(services)
	return services
}

// kustomizationIn returns the kustomization file of a folder, or "".
func kustomizationIn(dir, folder string) (string, error) {
	var found []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		file := path.Join(folder, name)
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file)))
		if err == nil && info.Mode().IsRegular() {
			found = append(found, file)
		}
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("kustomize reads only one of %s. Keep one", strings.Join(found, ", "))
	}
}
