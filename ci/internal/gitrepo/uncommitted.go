package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Difference is what of a source its HEAD does not have.
type Difference struct {
	// Files are those that HEAD lacks or has otherwise, some with a reason in
	// brackets behind the name. Files that are gone are left out.
	Files []string
	// NoModes says that the clone is on a file system that keeps no executable
	// bits (core.fileMode is false), so that these were not compared.
	NoModes bool
}

// Uncommitted compares a source's files with the HEAD of the clone in dir, whose
// own files are not looked at.
//
// It is git's own comparison with a repository of ours (see reader): line ends
// and encodings are converted as .gitattributes say, and what a .gitignore names
// is left out, but the clone's info/exclude and info/attributes, what its index
// hides, and the machine's configuration have no part. No filter is run: a
// file of Git LFS is unchanged when it is what the committed pointer names, and
// one of any other filter when it is as committed. A submodule is not entered.
func Uncommitted(ctx context.Context, dir string, stream Stream) (Difference, error) {
	found, err := uncommitted(ctx, dir, stream)
	if err != nil {
		return found, fmt.Errorf("compare the files with HEAD: %w", err)
	}
	return found, nil
}

func uncommitted(ctx context.Context, dir string, stream Stream) (found Difference, err error) {
	g, done, err := reader(ctx, dir)
	if err != nil {
		return found, err
	}
	defer done()
	c := comparison{git: g}
	if c.habits, err = habitsOf(ctx, dir); err != nil {
		return found, err
	}
	if err := c.open(ctx, stream); err != nil {
		return found, err
	}
	defer func() { _ = c.files.rules.Close() }()
	found.NoModes = !c.habits.modes
	found.Files, err = c.changed(ctx, stream)
	return found, err
}

// habits are how a clone's file system and line ends are, as its configuration
// says. They are read as text: none of it is git's to act on.
type habits struct {
	modes, links bool
	autocrlf     string
}

func habitsOf(ctx context.Context, dir string) (habits, error) {
	h := habits{modes: true, links: true, autocrlf: "false"}
	said, err := configured(ctx, dir, "--get-regexp", `^core\.(filemode|symlinks|autocrlf)$`)
	for _, line := range said {
		switch strings.ToLower(line) {
		case "core.filemode\nfalse":
			h.modes = false
		case "core.symlinks\nfalse":
			h.links = false
		case "core.autocrlf\ntrue", "core.autocrlf\ninput":
			h.autocrlf = "input"
		}
	}
	return h, err
}

// comparison compares the files of a work tree with those of HEAD.
type comparison struct {
	git
	habits habits
	head   map[string]entry
	files  worktree
}

// open reads both sides. Git sees a work tree that has no more than the rules of
// the real one.
func (c *comparison) open(ctx context.Context, stream Stream) error {
	head, err := c.resolve(ctx, "HEAD")
	if err != nil {
		return err
	}
	if c.head, err = c.tree(ctx, head); err != nil {
		return err
	}
	at := filepath.Join(c.dir, "worktree")
	if err := os.Mkdir(at, 0o700); err != nil {
		return err
	}
	rules, err := os.OpenRoot(at)
	if err != nil {
		return err
	}
	c.files = worktree{files: map[string]onDisk{}, rules: rules}
	if err := c.files.read(ctx, stream, len(head)); err != nil {
		return errors.Join(err, rules.Close())
	}
	c.env = append(c.env, "GIT_WORK_TREE="+at)
	c.config = append(c.config, setting{"core.autocrlf", c.habits.autocrlf}, setting{"core.fileMode", strconv.FormatBool(c.habits.modes)})
	_, err = c.run(ctx, "read-tree", head)
	if err != nil {
		return errors.Join(err, rules.Close())
	}
	return nil
}

// tree lists the files of a commit by their paths.
func (g git) tree(ctx context.Context, commit string) (map[string]entry, error) {
	out, err := g.run(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	files := map[string]entry{}
	for line := range strings.SplitSeq(out, "\x00") {
		what, name, _ := strings.Cut(line, "\t")
		if fields := strings.Fields(what); len(fields) == 3 {
			files[name] = entry{fields[0], fields[2]}
		}
	}
	return files, nil
}

func (c *comparison) changed(ctx context.Context, stream Stream) (changed []string, err error) {
	var unknown, doubtful []string
	for name, file := range c.files.files {
		committed, is := c.head[name]
		switch {
		case !is && c.inSubmodule(name), is && c.same(committed, file.entry):
		case !is:
			unknown = append(unknown, name)
		case committed.object == file.object && committed.mode != link && file.mode != link:
			changed = append(changed, name+" (its executable bit)")
		case !c.converted(committed, file.entry):
			changed = append(changed, name)
		default:
			doubtful = append(doubtful, name)
		}
	}
	added, err := c.unignored(ctx, unknown)
	if err != nil {
		return nil, err
	}
	modified, err := c.modified(ctx, stream, doubtful)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(slices.Values(slices.Concat(changed, added, modified))), nil
}

// same tells whether a file is to the byte what is committed.
func (c *comparison) same(committed, file entry) bool {
	if committed.object != file.object {
		return false
	}
	return committed.mode == file.mode || !c.habits.modes && committed.mode != link && file.mode != link ||
		!c.habits.links && committed.mode == link && file.mode != link
}

// converted tells whether a file could be another one than what is committed only
// for what git makes of it.
func (c *comparison) converted(committed, file entry) bool {
	return committed.mode == file.mode || !c.habits.modes && committed.mode != link && committed.mode != submodule && file.mode != link
}

func (c *comparison) inSubmodule(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if c.head[dir].mode == submodule {
			return true
		}
	}
	return false
}

// unignored are those of the names that no .gitignore names.
func (c *comparison) unignored(ctx context.Context, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	// It does not take literal names, but one that begins so has no magic in it.
	const here = "./"
	g := c.git
	g.env = append(slices.Clip(g.env), "GIT_LITERAL_PATHSPECS=0")
	out, err := g.runWith(ctx, here+strings.Join(names, "\x00"+here), "check-ignore", "-z", "--stdin")
	if err != nil && exitCode(err) != 1 { // which says that it names none
		return nil, err
	}
	ignored := map[string]bool{}
	for name := range strings.SplitSeq(out, "\x00") {
		ignored[strings.TrimPrefix(name, here)] = true
	}
	return slices.DeleteFunc(names, func(name string) bool { return ignored[name] }), nil
}

// modified are those of the names whose content, which is not as committed, is
// no other form of it either.
func (c *comparison) modified(ctx context.Context, stream Stream, names []string) (modified []string, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	filters, err := c.filters(ctx, names)
	if err != nil {
		return nil, err
	}
	if names, err = c.withoutLarge(ctx, names, filters); err != nil {
		return nil, err
	}
	if err := c.files.fetch(ctx, stream, names); err != nil {
		return nil, err
	}
	out, err := c.run(ctx, "status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames")
	if err != nil {
		return nil, err
	}
	fetched := map[string]bool{}
	for _, name := range names {
		fetched[name] = true
	}
	for line := range strings.SplitSeq(out, "\x00") {
		if len(line) < 4 || !fetched[line[3:]] {
			continue
		}
		name := line[3:]
		if filter := filters[name]; filter != "" && filter != lfs {
			name += " (its filter " + filter + " is not run)"
		}
		modified = append(modified, name)
	}
	return modified, nil
}

// filters are those that attributes give to files.
func (c *comparison) filters(ctx context.Context, names []string) (map[string]string, error) {
	out, err := c.runWith(ctx, strings.Join(names, "\x00"), "check-attr", "-z", "--stdin", "filter")
	if err != nil {
		return nil, err
	}
	filters := map[string]string{}
	for fields := range slices.Chunk(strings.Split(out, "\x00"), 3) {
		if len(fields) == 3 && !slices.Contains([]string{"unspecified", "unset", "set"}, fields[2]) {
			filters[fields[0]] = fields[2]
		}
	}
	return filters, nil
}

// lfs is the filter of Git LFS.
const lfs = "lfs"

// pointer is what Git LFS commits in a file's place: the hash of its content.
var pointer = regexp.MustCompile(`\Aversion https://[^\n]+\n(?:[^\n]+\n)*?oid sha256:([0-9a-f]{64})\nsize [0-9]+\n?\z`)

// withoutLarge leaves out the files of Git LFS that are what their committed
// pointers name.
func (c *comparison) withoutLarge(ctx context.Context, names []string, filters map[string]string) ([]string, error) {
	objects := map[string]bool{}
	for _, name := range names {
		if filters[name] == lfs {
			objects[c.head[name].object] = true
		}
	}
	if len(objects) == 0 {
		return names, nil
	}
	pointers, err := c.small(ctx, objects)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		oid := pointer.FindSubmatch(pointers[c.head[name].object])
		return filters[name] == lfs && oid != nil && string(oid[1]) == c.files.files[name].sha256
	}), nil
}

// small reads those of the objects that can be pointers, which Git LFS says are
// below 1024 bytes.
func (c *comparison) small(ctx context.Context, objects map[string]bool) (map[string][]byte, error) {
	names := strings.Join(slices.Collect(maps.Keys(objects)), "\n") + "\n"
	out, err := c.runWith(ctx, names, "cat-file", "--batch-check=%(objectname) %(objectsize)")
	if err != nil {
		return nil, err
	}
	var small []string
	for line := range strings.Lines(out) {
		object, size, _ := strings.Cut(strings.TrimSpace(line), " ")
		if bytes, err := strconv.Atoi(size); err == nil && bytes < 1024 {
			small = append(small, object)
		}
	}
	return c.blobs(ctx, small)
}
