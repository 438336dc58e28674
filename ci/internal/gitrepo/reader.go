package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// CheckEntries tells by what a directory has in it, directories with a slash at
// the end, whether it is a checkout with its history. It is not with ErrWorktree
// where .git is a file, and with ErrNoHistory where there is none.
func CheckEntries(entries []string) error {
	switch {
	case slices.Contains(entries, ".git/"):
		return nil
	case slices.Contains(entries, ".git"):
		return fmt.Errorf("%w. Give the main checkout, or a clone: git clone . DIR", ErrWorktree)
	}
	return fmt.Errorf("%w: the directory has no .git. Give the whole clone, or the repository by its URL", ErrNoHistory)
}

// Parts are what is read of a clone's .git: objects and references, and the
// configuration as a file like any other.
func Parts() []string { return append(references(), objects, config) }

// references are the parts of a .git that name objects.
func references() []string { return []string{"HEAD", "packed-refs", "shallow", "refs", "reftable"} }

const (
	objects = "objects"
	config  = "config"
)

// reader opens a clone to read what is in it. Git is given a repository of ours,
// which has the clone's references and looks up its objects: what else lies in
// the clone's .git (configuration, hooks, attributes, replacements) can name
// programs and other places, and has no part. Nor is anything fetched that a
// partial clone lacks. Call done when git is done.
func reader(ctx context.Context, dir string) (g git, done func(), err error) {
	if err := CheckEntries([]string{historyOf(dir)}); err != nil {
		return git{}, nil, err
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return git{}, nil, err
	}
	own, err := os.MkdirTemp("", "history-*")
	if err != nil {
		return git{}, nil, err
	}
	done = func() { _ = os.RemoveAll(own) }
	g = git{
		dir: own,
		// The graph is a copy of what commits say: they say it themselves.
		config: []setting{{"core.commitGraph", "false"}},
		env: []string{
			"GIT_DIR=" + own, "GIT_OBJECT_DIRECTORY=" + filepath.Join(absolute, ".git", objects),
			"GIT_NO_REPLACE_OBJECTS=1", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1",
		},
	}
	if err = adopt(filepath.Join(dir, ".git"), own); err == nil {
		g.partial, err = configure(ctx, dir, own)
	}
	if err != nil {
		done()
	}
	return g, done, err
}

// historyOf is the entry .git of a directory, with a slash if it is one itself.
func historyOf(dir string) string {
	switch info, err := os.Lstat(filepath.Join(dir, ".git")); {
	case err != nil:
		return ""
	case info.IsDir():
		return ".git/"
	}
	return ".git"
}

// adopt copies the references of a .git to a repository of ours, and makes sure
// that its objects are its own.
func adopt(gitDir, own string) error {
	clone, err := os.OpenRoot(gitDir)
	if err != nil {
		return err
	}
	defer func() { _ = clone.Close() }()
	if info, err := clone.Stat(objects + "/info/alternates"); err == nil && info.Size() > 0 {
		return ErrBorrowed
	}
	return fs.WalkDir(clone.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		part, _, _ := strings.Cut(name, "/")
		switch {
		case err != nil || name == ".":
			return err
		case part != objects && !slices.Contains(references(), part):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() && part != objects:
			return os.Mkdir(filepath.Join(own, name), 0o700)
		case entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			return fmt.Errorf("%w: .git/%s. Give a clone that has all of it: git clone . DIR", ErrLinked, name)
		case part == objects:
			return nil
		}
		return copied(clone, name, own)
	})
}

// largest is a limit to references and to configuration, far above what any has.
const largest = 256 << 20

func copied(from *os.Root, name, to string) (err error) {
	file, err := from.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // It was only read.
	into, err := os.OpenFile(filepath.Join(to, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	if _, err = io.CopyN(into, file, largest+1); err == nil {
		return fmt.Errorf(".git/%s is larger than %d MiB. Give another clone", name, largest>>20)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// configure writes the configuration of a repository of ours.
func configure(ctx context.Context, dir, own string) (partial bool, err error) {
	extensions, partial, err := formOf(ctx, dir)
	if err != nil {
		return false, err
	}
	text := "[core]\n\trepositoryformatversion = 1\n\tbare = true\n" + extensions
	return partial, os.WriteFile(filepath.Join(own, config), []byte(text), 0o600)
}

// Configuration is one for a copy of a clone that somebody else's program is to
// read, with the given address as its origin: the form of the clone's objects and
// references, and nothing else of its own.
func Configuration(ctx context.Context, dir, origin string) (string, error) {
	_, done, err := reader(ctx, dir)
	if err != nil {
		return "", fmt.Errorf("read the form of %s: %w", dir, err)
	}
	done()
	extensions, _, err := formOf(ctx, dir)
	text := "[core]\n\trepositoryformatversion = 1\n\tbare = false\n" + extensions
	if origin != "" {
		text += "[remote \"origin\"]\n\turl = " + strconv.Quote(origin) + "\n"
	}
	return text, err
}

// formOf is of what form a clone's objects and references are, as it says itself,
// and whether some may be missing.
func formOf(ctx context.Context, dir string) (extensions string, partial bool, err error) {
	form, err := configured(ctx, dir, "--get-regexp", `^(extensions\.(objectformat|refstorage|partialclone)|remote\..+\.promisor)$`)
	extensions = "[extensions]\n"
	for _, said := range form {
		switch key, value, _ := strings.Cut(said, "\n"); {
		case key == "extensions.objectformat" && value == "sha256":
			extensions += "\tobjectFormat = sha256\n"
		case key == "extensions.refstorage" && value == "reftable":
			extensions += "\trefStorage = reftable\n"
		case key == "extensions.partialclone", strings.HasSuffix(key, ".promisor"):
			partial = true
		}
	}
	if partial {
		extensions += "\tpartialClone = nowhere\n[remote \"nowhere\"]\n\tpromisor = true\n"
	}
	return extensions, partial, err
}
