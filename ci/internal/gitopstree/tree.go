// Package gitopstree knows what each file of a GitOps repository is: every rule
// of the validation, and the scaffold, ask it, so that none goes by names alone.
package gitopstree

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// Role is what a file is for.
type Role string

// The roles.
const (
	// Kustomization is a file that kustomize builds.
	Kustomization Role = "kustomization"
	// Component is one that is part of others and is not built alone.
	Component Role = "component"
	// Patch changes objects of other files.
	Patch Role = "patch"
	// Manifest has objects for a cluster.
	Manifest Role = "manifest"
	// Chart is part of a Helm chart, or values of one.
	Chart Role = "chart"
	// Encrypted is a file of which only who has the key knows the text.
	Encrypted Role = "encrypted"
	// Template becomes YAML only when something is filled in.
	Template Role = "template"
	// Settings is a file that a tool reads, not a cluster.
	Settings Role = "settings"
	// Unreadable is one that cannot be read, or is no YAML.
	Unreadable Role = "unreadable"
)

// File is a YAML file of the tree.
type File struct {
	// Path is the file's path from the root.
	Path string
	// Role is what it is for.
	Role Role
	// Err is why it is unreadable, or what follows the documents that are read.
	Err error
	// Documents are those that could be read.
	Documents []*yaml.Node
	// References are the files and folders that a kustomization names.
	References []Reference
	// Deploys tells of a template, or a part of a chart, that Argo CD's objects
	// come of it.
	Deploys bool
}

// Tree is what is there.
type Tree struct {
	// Files are the YAML files by their paths.
	Files []*File
	// FS has every file, and Names are their paths; Folders are those of folders.
	// What begins with a dot is left out.
	FS             fs.FS
	Names, Folders []string

	byPath map[string]*File
	charts map[string]bool // folders
}

// Read looks at every file. What cannot be read is a file with the role
// Unreadable, and the rest is read.
func Read(fsys fs.FS) (*Tree, error) {
	t := &Tree{FS: fsys, byPath: map[string]*File{}, charts: map[string]bool{}}
	err := fs.WalkDir(fsys, ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && file == ".":
			return err
		case err != nil:
			t.add(&File{Path: file, Role: Unreadable, Err: err})
			return fs.SkipDir
		case entry.IsDir() && file != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir():
			if file != "." {
				t.Folders = append(t.Folders, file)
			}
			return nil
		}
		t.Names = append(t.Names, file)
		if path.Base(file) == "Chart.yaml" {
			t.charts[path.Dir(file)] = true
		}
		if isYAML(file) {
			t.add(t.read(file))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.assign()
	return t, nil
}

func (t *Tree) add(file *File) {
	t.Files = append(t.Files, file)
	t.byPath[file.Path] = file
}

// File is the file of a path, nil where there is none.
func (t *Tree) File(path string) *File { return t.byPath[path] }

// Of are the files with one of the roles.
func (t *Tree) Of(roles ...Role) []*File {
	var found []*File
	for _, file := range t.Files {
		if slices.Contains(roles, file.Role) {
			found = append(found, file)
		}
	}
	return found
}

// Folder tells whether a path is a folder of the tree.
func (t *Tree) Folder(name string) bool {
	if slices.Contains(t.Folders, name) {
		return true
	}
	info, err := stat(t.FS, name)
	return err == nil && info.IsDir()
}

func stat(fsys fs.FS, name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return fs.Stat(fsys, name)
}

// Chart tells whether a folder is a Helm chart.
func (t *Tree) Chart(folder string) bool { return t.charts[folder] }

// inChart tells whether Helm makes manifests of a file, or of the chart that it
// is part of.
func (t *Tree) inChart(file string) bool {
	for at := path.Dir(file); at != "."; at = path.Dir(at) {
		if base := path.Base(at); (base == "templates" || base == "charts") && t.charts[path.Dir(at)] {
			return true
		}
	}
	return false
}

func isYAML(file string) bool {
	extension := path.Ext(file)
	return extension == ".yaml" || extension == ".yml" || slices.Contains(kustomizationNames, path.Base(file))
}

// Put adds a file to what is known of the tree, as it would be if it were there.
func (t *Tree) Put(name, text string) {
	if t.byPath[name] == nil && !slices.Contains(t.Names, name) {
		t.Names = append(t.Names, name)
	}
	for folder := path.Dir(name); folder != "." && !slices.Contains(t.Folders, folder); folder = path.Dir(folder) {
		t.Folders = append(t.Folders, folder)
	}
	if !isYAML(name) {
		return
	}
	file := t.take(&File{Path: name, Role: Settings}, []byte(text))
	if old := t.byPath[name]; old != nil {
		*old = *file
	} else {
		t.add(file)
	}
	t.assign()
}

// read takes a file as it is by itself; what others say of it comes after.
func (t *Tree) read(name string) *File {
	file := &File{Path: name, Role: Settings}
	raw, err := bounds.ReadFile(t.FS, name)
	if err != nil {
		file.Role, file.Err = Unreadable, unread(err)
		return file
	}
	return t.take(file, raw)
}

func (t *Tree) take(file *File, raw []byte) *File {
	name := file.Path
	if encrypted(raw) {
		file.Role = Encrypted
		return file
	}
	file.Documents, file.Err = bounds.Documents(raw)
	file.Deploys = bytes.Contains(raw, []byte("argoproj.io/"))
	switch text := string(raw); {
	case file.Err != nil && (strings.Contains(text, "{{") || strings.Contains(text, "{%")):
		file.Role, file.Documents = Template, nil
	case file.Err != nil:
		file.Role = Unreadable
	case slices.ContainsFunc(file.Documents, filledIn):
		file.Role, file.Documents = Template, nil
	case slices.ContainsFunc(file.Documents, Sealed):
		file.Role = Encrypted
	case slices.Contains(kustomizationNames, path.Base(name)):
		file.Role = kustomizationRole(file.Documents)
		file.References = references(file.Documents)
	case strings.HasPrefix(path.Base(name), "."): // as what tools read
	case slices.ContainsFunc(file.Documents, isManifest):
		file.Role, file.Documents = Manifest, single(file.Documents)
	}
	return file
}

// single are documents with the items of a list in its place.
func single(documents []*yaml.Node) (all []*yaml.Node) {
	for _, document := range documents {
		items := Field(document, "items")
		if Text(document, "apiVersion") != "v1" || Text(document, "kind") != "List" || items == nil || items.Kind != yaml.SequenceNode {
			all = append(all, document)
			continue
		}
		all = append(all, items.Content...)
	}
	return all
}

// unread says of a link that leads nowhere that it does.
func unread(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("it is a link that leads to nothing")
	}
	return err
}

// encrypted knows what whole files are encrypted with.
func encrypted(raw []byte) bool {
	return slices.ContainsFunc([]string{"\x00GITCRYPT\x00", "$ANSIBLE_VAULT;", "-----BEGIN AGE ENCRYPTED FILE-----", "-----BEGIN PGP MESSAGE-----"},
		func(head string) bool { return strings.HasPrefix(string(raw[:min(len(raw), 64)]), head) })
}

// Sealed tells whether SOPS has encrypted an object's values.
func Sealed(document *yaml.Node) bool {
	n := content(Field(document, "sops"))
	return n != nil && n.Kind == yaml.MappingNode
}

// filledIn tells whether a document has {{ }} where a value is, which YAML
// takes for a mapping whose key is a mapping.
func filledIn(n *yaml.Node) bool {
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			if key := n.Content[i]; key.Kind == yaml.MappingNode && key.Style&yaml.FlowStyle != 0 {
				return true
			}
		}
	}
	return slices.ContainsFunc(n.Content, filledIn)
}

// isManifest tells whether a document is an object that a cluster takes.
func isManifest(document *yaml.Node) bool {
	apiVersion, kind := Text(document, "apiVersion"), Text(document, "kind")
	return apiVersion != "" && kind != "" && !ofTool(apiVersion, kind)
}

// toolGroups are the groups of objects that a program on somebody's machine, or
// a part of a cluster as it starts, reads.
var toolGroups = []string{
	"builtin", "kustomize.config.k8s.io", "config.kubernetes.io", "kind.x-k8s.io", "kubeadm.k8s.io", "kubelet.config.k8s.io",
	"audit.k8s.io", "apiserver.config.k8s.io", "apiserver.k8s.io", "client.authentication.k8s.io", "kubeproxy.config.k8s.io", "kubescheduler.config.k8s.io",
	"skaffold", "k3d.io", "ctlptl.dev", "eksctl.io", "backstage.io", "cli.kyverno.io", "kuttl.dev", "chainsaw.kyverno.io",
	"viaduct.ai", "transformers.example.co", "mutate.gatekeeper.sh/cli", "test.gatekeeper.sh", "krew.googlecontainertools.github.com",
	"vendir.k14s.io", "kbld.k14s.io", "kapp.k14s.io", "imgpkg.carvel.dev", "kpt.dev", "config.kio.kasten.io", "devspace", "tilt.dev",
}

func ofTool(apiVersion, kind string) bool {
	group, _, _ := strings.Cut(apiVersion, "/")
	return slices.Contains(toolGroups, group) || apiVersion == "v1" && kind == "Config"
}

// assign gives files the roles that follow from others: what a kustomization
// patches with, and what a chart is made of.
func (t *Tree) assign() {
	for _, file := range t.Files {
		if t.inChart(file.Path) {
			file.Role, file.Err, file.Documents, file.References = Chart, nil, nil, nil
		}
	}
	for _, file := range t.Of(Kustomization, Component) {
		for _, reference := range file.References {
			to := t.byPath[reference.Target(file.Path)]
			switch {
			case to == nil || to.Role != Manifest && to.Role != Settings:
			case reference.Kind == Patches:
				to.Role = Patch
			case reference.Kind == Values:
				to.Role = Chart
			case reference.Kind == Plugin || reference.Kind == Data:
				to.Role = Settings
			}
		}
	}
}

// Field is the value below the keys, or nil.
func Field(n *yaml.Node, keys ...string) *yaml.Node {
	n = content(n)
	for _, key := range keys {
		if n == nil || n.Kind != yaml.MappingNode {
			return nil
		}
		var value *yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				value = n.Content[i+1]
			}
		}
		n = content(value)
	}
	return n
}

// Text is the scalar below the keys, or "".
func Text(n *yaml.Node, keys ...string) string {
	if found := Field(n, keys...); found != nil && found.Kind == yaml.ScalarNode && found.ShortTag() != "!!null" {
		return found.Value
	}
	return ""
}

// content is what a document holds, and what an alias stands for.
func content(n *yaml.Node) *yaml.Node {
	for n != nil {
		switch {
		case n.Kind == yaml.AliasNode:
			n = n.Alias
		case n.Kind == yaml.DocumentNode && len(n.Content) > 0:
			n = n.Content[0]
		default:
			return n
		}
	}
	return nil
}
