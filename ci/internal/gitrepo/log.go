package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Commit is one commit of a clone's history.
type Commit struct {
	// Hash is the full one.
	Hash string
	// Author is who wrote it, and Time when, in UTC. Committed is when it came to be as
	// it is, which is later where it was applied again.
	Author          Author
	Time, Committed time.Time
	// Subject is the first line of its message.
	Subject string
	// Trailers are the lines at the end of its message, and of those of the
	// commits that it merged.
	Trailers []Trailer
	// Merged are the commits that a merge brought, oldest first.
	Merged []Commit

	merge bool
}

// Trailer returns the last value of a trailer, or "".
func (c Commit) Trailer(key string) string {
	value := ""
	for _, t := range c.Trailers {
		if strings.EqualFold(t.Key, key) {
			value = t.Value
		}
	}
	return value
}

// Log returns the commits that changed a path of the branch that a clone stands
// on, newest first. It follows the first parents: what the branch itself was,
// so a merged pull request is one commit, with the trailers of all of its own.
func Log(ctx context.Context, dir, path string) ([]Commit, error) {
	g, done, err := reader(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", path, err)
	}
	defer done()
	out, err := g.run(ctx, "log", "--first-parent", "--no-show-signature", "-z", logFormat, "HEAD", "--", path)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", path, err)
	}
	commits, err := parseCommits(out)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", path, err)
	}
	for i := range commits {
		if err := g.merged(ctx, &commits[i], path); err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", path, err)
		}
	}
	return commits, nil
}

// Since returns the commits that a branch has and another one lacks, oldest
// first, and the commit at which it left the other.
func Since(ctx context.Context, dir, other, branch string) (fork string, commits []Commit, err error) {
	fail := func(err error) (string, []Commit, error) {
		return "", nil, fmt.Errorf("list the commits of %s since %s: %w", branch, other, err)
	}
	g, err := openAt(ctx, dir, other, branch)
	if err != nil {
		return fail(err)
	}
	defer g.done()
	out, err := g.run(ctx, "merge-base", g.a, g.b)
	if exitCode(err) == 1 {
		return fail(g.absent(ctx, "the commit at which they part", errors.New("they have no commit in common. Remove the branch")))
	}
	if err != nil {
		return fail(err)
	}
	fork = strings.TrimSpace(out)
	if out, err = g.run(ctx, "log", "--first-parent", "--reverse", "--no-show-signature", "-z", logFormat, fork+".."+g.b); err != nil {
		return fail(err)
	}
	if commits, err = parseCommits(out); err != nil {
		return fail(err)
	}
	return fork, commits, nil
}

// Said returns the lines of all messages of a branch's history, merged commits
// among them, that begin with a text: what a trailer says that does not matter
// which commit has it.
func Said(ctx context.Context, dir, beginning string) ([]string, error) {
	g, done, err := reader(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("look for %q in the history: %w", beginning, err)
	}
	defer done()
	out, err := g.run(ctx, "log", "--no-show-signature", "--format=%B", "--fixed-strings", "--grep="+beginning, "HEAD")
	if err != nil {
		return nil, fmt.Errorf("look for %q in the history: %w", beginning, err)
	}
	var said []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, beginning) {
			said = append(said, line)
		}
	}
	return said, nil
}

// logFormat has a line each of hash, parents, times, name, address and subject,
// and then the trailers.
const logFormat = "--format=%H%n%P%n%at %ct%n%an%n%ae%n%s%n%(trailers:only,unfold)"

func parseCommits(out string) (commits []Commit, err error) {
	for record := range strings.SplitSeq(out, "\x00") {
		if record == "" {
			continue
		}
		c, err := parseCommit(record)
		if err != nil {
			return nil, err
		}
		commits = append(commits, c)
	}
	return commits, nil
}

func parseCommit(record string) (c Commit, err error) {
	lines := strings.SplitN(record, "\n", 7)
	if len(lines) < 7 {
		return c, fmt.Errorf("git printed an unknown record %q", record)
	}
	written, committed, _ := strings.Cut(lines[2], " ")
	seconds, err := strconv.ParseInt(written, 10, 64)
	later, wrong := strconv.ParseInt(committed, 10, 64)
	if err := errors.Join(err, wrong); err != nil {
		return c, fmt.Errorf("the time of commit %s: %w", lines[0], err)
	}
	return Commit{
		Hash: lines[0], Author: Author{Name: lines[3], Email: lines[4]}, Time: time.Unix(seconds, 0).UTC(), Committed: time.Unix(later, 0).UTC(),
		Subject: lines[5], Trailers: parseTrailers(lines[6]), merge: strings.Contains(lines[1], " "),
	}, nil
}

// merged adds to a merge what it brought.
func (g git) merged(ctx context.Context, c *Commit, path string) error {
	if !c.merge {
		return nil
	}
	out, err := g.run(ctx, "log", "--reverse", "--no-merges", "--no-show-signature", "-z", logFormat, c.Hash+"^1.."+c.Hash, "--", path)
	if err != nil {
		return err
	}
	if c.Merged, err = parseCommits(out); err != nil {
		return err
	}
	var trailers []Trailer
	for _, part := range c.Merged {
		trailers = append(trailers, part.Trailers...)
	}
	c.Trailers = append(trailers, c.Trailers...)
	return nil
}

func parseTrailers(text string) []Trailer {
	var trailers []Trailer
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			trailers = append(trailers, Trailer{key, strings.TrimSpace(value)})
		}
	}
	return trailers
}

// File names a file at a commit.
type File struct{ Commit, Path string }

// Files returns the contents of files of a clone's history; those that do not
// exist are absent from the answer.
func Files(ctx context.Context, dir string, wanted []File) (map[File][]byte, error) {
	g, done, err := reader(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("read files of the history: %w", err)
	}
	defer done()
	var named []string
	for _, f := range wanted {
		if strings.ContainsAny(f.Commit+f.Path, "\n\x00") {
			return nil, fmt.Errorf("read files of the history: the name %q has a line break in it", f.Path)
		}
		named = append(named, f.Commit+":"+f.Path)
	}
	blobs, err := g.blobs(ctx, named)
	if err != nil {
		return nil, fmt.Errorf("read files of the history: %w", err)
	}
	contents := map[File][]byte{}
	for i, f := range wanted {
		if content, is := blobs[named[i]]; is {
			contents[f] = content
		}
	}
	return contents, nil
}

// blobs returns the contents of named objects; those that do not exist, or are
// no files, are absent from the answer.
func (g git) blobs(ctx context.Context, named []string) (map[string][]byte, error) {
	out, err := g.runWith(ctx, strings.Join(append(named, ""), "\n"), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	contents := map[string][]byte{}
	for _, name := range named {
		head, rest, _ := strings.Cut(out, "\n")
		if strings.HasSuffix(head, " missing") {
			out = rest
			continue
		}
		fields := strings.Fields(head)
		size, err := strconv.Atoi(fields[len(fields)-1])
		if err != nil || size+1 > len(rest) {
			return nil, fmt.Errorf("read %s: git answered %q", name, head)
		}
		if fields[1] == "blob" {
			contents[name] = []byte(rest[:size])
		}
		out = rest[size+1:]
	}
	return contents, nil
}

// Extract writes the files of a commit into a folder that is there already, as
// the commit has them: no filter that its attributes name is run.
func Extract(ctx context.Context, dir, commit, into string) error {
	g, err := openAt(ctx, dir, commit, commit)
	if err != nil {
		return fmt.Errorf("extract %s: %w", commit, err)
	}
	defer g.done()
	g.env = append(g.env, "GIT_WORK_TREE="+into)
	if _, err := g.run(ctx, "read-tree", g.a); err != nil {
		return fmt.Errorf("extract %s: %w", commit, err)
	}
	if _, err := g.run(ctx, "checkout-index", "--all", "--prefix="+into+"/"); err != nil {
		return fmt.Errorf("extract %s: %w", commit, err)
	}
	return nil
}
