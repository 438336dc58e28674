package gitrepo

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// Committed is a commit with the files that it changed.
type Committed struct {
	Hash, Subject string
	Files         []string
}

// Versions returns the tags of versions, v and a number, that name commits in the
// history of head, in no order.
func Versions(ctx context.Context, dir, head string) ([]string, error) {
	g, err := openAt(ctx, dir, head, head)
	if err != nil {
		return nil, fmt.Errorf("list the versions in the history of %s: %w", head, err)
	}
	defer g.done()
	out, err := g.run(ctx, "for-each-ref", "--merged="+g.a, "--format=%(refname:lstrip=2)", "refs/tags/v[0-9]*")
	if err != nil {
		return nil, fmt.Errorf("list the versions in the history of %s: %w", head, err)
	}
	return strings.Fields(out), nil
}

// Release returns the nearest tag with a number in the history of head, such as v1.2.0;
// empty where there is none.
func Release(ctx context.Context, dir, head string) (string, error) {
	g, err := openAt(ctx, dir, head, head)
	if err != nil {
		return "", fmt.Errorf("look for a release in the history of %s: %w", head, err)
	}
	defer g.done()
	out, err := g.run(ctx, "describe", "--tags", "--abbrev=0", "--match=*[0-9]*", g.a)
	if exitCode(err) == noDescription {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for a release in the history of %s: %w", head, err)
	}
	return strings.TrimSpace(out), nil
}

// noDescription is how git describe exits that finds no tag.
const noDescription = 128

// Changes returns the commits of head that since lacks, all of head's where since is
// empty, newest first. What only merges is left out: what it merged is there.
func Changes(ctx context.Context, dir, since, head string) ([]Committed, error) {
	fail := func(err error) ([]Committed, error) {
		return nil, fmt.Errorf("list what changed from %q to %s: %w", since, head, err)
	}
	from := since
	if since == "" {
		from = head
	}
	g, err := openAt(ctx, dir, from, head)
	if err != nil {
		return fail(err)
	}
	defer g.done()
	commits := g.b
	if since != "" {
		commits = g.a + ".." + g.b
	}
	out, err := g.run(ctx, "log", "-z", "--no-merges", "--no-show-signature", "--name-only", "--no-renames", "--no-ext-diff", "--format=%x00%x00%H %s", commits)
	if err != nil {
		return fail(err)
	}
	return parseChanges(out), nil
}

// between are the zeros that part one commit from the next: a subject and a file's
// name end with one, and none is empty.
var between = regexp.MustCompile(`\x00{3,}`)

func parseChanges(out string) (changes []Committed) {
	for _, record := range between.Split(strings.Trim(out, "\x00"), -1) {
		head, files, _ := strings.Cut(record, "\x00")
		hash, subject, is := strings.Cut(head, " ")
		if !is {
			continue
		}
		changes = append(changes, Committed{hash, subject, strings.FieldsFunc(strings.TrimPrefix(files, "\n"), func(r rune) bool { return r == 0 })})
	}
	return changes
}
