package scaffold

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// update is what an environment that is there already still lacks.
type update struct {
	there
	change      *Change
	environment string
	layout      Layout
	components  []component.Component
	style       style
}

// environmentIsWhole names the new components in an overlay that is there, or
// gives them folders of their own where the others have such, with applications.
func (u update) environmentIsWhole() error {
	if u.isNew {
		return nil
	}
	var added []string
	for _, c := range u.components {
		// One whose base is there may have been left out on purpose.
		if _, isNew := u.change.Files["apps/base/"+c.Name+"/kustomization.yaml"]; isNew {
			added = append(added, c.Name)
		}
	}
	if u.layout == Shared {
		return u.nameIn(added)
	}
	for _, name := range added {
		if !u.tree.Exists(u.overlays() + "/" + name) {
			addFolder(u.change.Files, u.environment, name, u.style)
		}
	}
	return u.deploy(added)
}

func (u update) overlays() string { return "apps/overlays/" + u.environment }

func (u update) note(format string, args ...any) {
	u.change.Notes = append(u.change.Notes, fmt.Sprintf(format, args...))
}

// nameIn adds components to the overlay that all share.
func (u update) nameIn(added []string) error {
	var paths []string
	var images []kustomize.Image
	for _, name := range added {
		paths = append(paths, "../../base/"+name)
		images = append(images, kustomize.Image{Name: u.style.image(name), NewName: u.style.newName(u.environment, name)})
	}
	if len(paths) == 0 {
		return nil
	}
	file := u.tree.KustomizationIn(u.overlays()).Path
	src, err := bounds.ReadFile(u.tree.FS, file)
	if err == nil {
		src, err = kustomize.AddResources(src, paths)
	}
	if err == nil {
		src, err = kustomize.AddEntries(src, images)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	u.change.Files[file] = string(src)
	return nil
}

// deploy gives the new folders applications as the others have them: elements of
// their set, or files of their own. Where nothing deploys the others, there is a
// set for all folders.
func (u update) deploy(added []string) error {
	if _, isNew := u.change.Files[appsFile(u.environment)]; isNew {
		return addApps(u.change.Files, u.environment, Folders, u.folders())
	}
	for file, text := range u.change.Files { // so that sets that look for folders find them
		u.tree.Put(file, text)
	}
	deploys := argocd.Deploys(u.tree)
	for _, name := range added {
		at := u.overlays() + "/" + name
		if slices.ContainsFunc(deploys, func(d argocd.Deployed) bool { return d.Covers(at) }) {
			continue
		}
		if err := u.likeOthers(name); err != nil {
			u.note("%s is deployed by nothing yet: %v", at, err)
		}
	}
	return nil
}

// likeOthers deploys a component's folder as another one's is deployed.
func (u update) likeOthers(name string) error {
	for _, way := range []argocd.Way{argocd.Listed, argocd.Single} {
		for _, d := range slices.Backward(u.deploys) {
			like, is := strings.CutPrefix(d.Path, u.overlays()+"/")
			if !is || d.Way != way || strings.ContainsAny(like, "/*") {
				continue
			}
			if way == argocd.Listed {
				return u.element(d.File, like, name)
			}
			return u.application(d, like, name)
		}
	}
	for _, d := range u.deploys {
		if strings.HasPrefix(d.Path+"/", u.overlays()+"/") {
			return fmt.Errorf("%s in %s deploys others of %s, and finds them where it is told to. Have it find this one, too", d.Name, d.File, u.environment)
		}
	}
	return fmt.Errorf("no application of %s was found. Write one", u.environment)
}

// element adds an element to a set's list.
func (u update) element(file, like, name string) error {
	src, err := u.current(file)
	if err == nil {
		src, err = kustomize.AddElements(src, like, []string{name})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	u.change.Files[file] = string(src)
	return nil
}

// current is a file with what was changed in it already.
func (u update) current(file string) ([]byte, error) {
	if text, changed := u.change.Files[file]; changed {
		return []byte(text), nil
	}
	return bounds.ReadFile(u.tree.FS, file)
}

// application writes one beside another, in a file of its own where that has one.
func (u update) application(d argocd.Deployed, like, name string) error {
	src, err := bounds.ReadFile(u.tree.FS, d.File)
	if err != nil {
		return err
	}
	document, alone, err := documentOf(string(src), d.Name)
	if err != nil {
		return fmt.Errorf("%s: %w", d.File, err)
	}
	copied, err := kustomize.CopyObject([]byte(document), like, name)
	if err != nil {
		return fmt.Errorf("%s: %w", d.File, err)
	}
	file := path.Join(path.Dir(d.File), kustomize.Renamed(path.Base(d.File), like, name))
	if file == d.File {
		if alone { // The file is named after something else.
			file = path.Join(path.Dir(d.File), name+"-"+u.environment+path.Ext(d.File))
		}
	}
	text := string(copied)
	if before, err := u.current(file); err == nil {
		text = strings.TrimSuffix(string(before), "\n") + "\n---\n" + text
	}
	u.change.Files[file] = text
	return u.named(file)
}

// documentOf is the document of a file that has an application of a name, and
// whether the file has no other.
func documentOf(text, name string) (document string, alone bool, err error) {
	documents := splitDocuments(text)
	for _, document := range documents {
		if nameOf(document) == name {
			return document, len(documents) == 1, nil
		}
	}
	return "", false, fmt.Errorf("the application %s was not found in it. Write one for the new component by hand", name)
}

// splitDocuments are the documents of a file as they are written.
func splitDocuments(text string) (documents []string) {
	for _, document := range regexp.MustCompile(`(?m)^---[ \t]*\r?\n`).Split(text, -1) {
		if strings.TrimSpace(document) != "" {
			documents = append(documents, document)
		}
	}
	return documents
}

func nameOf(document string) string {
	var node yaml.Node
	if bounds.YAML([]byte(document), &node) != nil {
		return ""
	}
	return gitopstree.Text(&node, "metadata", "name")
}

// named adds a file to the kustomization beside it, where there is one.
func (u update) named(file string) error {
	beside := u.tree.KustomizationIn(path.Dir(file))
	if beside == nil || slices.ContainsFunc(beside.References, func(r gitopstree.Reference) bool { return r.Target(beside.Path) == file }) {
		return nil
	}
	src, err := u.current(beside.Path)
	if err == nil {
		src, err = kustomize.AddResources(src, []string{path.Base(file)})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", beside.Path, err)
	}
	u.change.Files[beside.Path] = string(src)
	return nil
}

// folders are the overlay folders that are there, and the new ones.
func (u update) folders() []string {
	var folders []string
	for _, folder := range u.tree.Folders {
		if path.Dir(folder) == u.overlays() && u.tree.KustomizationIn(folder) != nil {
			folders = append(folders, path.Base(folder))
		}
	}
	for file := range u.change.Files {
		if rest, ok := strings.CutPrefix(file, u.overlays()+"/"); ok && path.Base(rest) == "kustomization.yaml" {
			folders = append(folders, path.Dir(rest))
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}
