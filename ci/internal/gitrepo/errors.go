package gitrepo

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// What can go wrong with a remote or a clone. Test for them with errors.Is; the
// text around them names the repository and says what to do.
var (
	// ErrAuthentication means that the credentials are missing, wrong or may not push.
	ErrAuthentication = errors.New("authentication failed")
	// ErrUntrusted means that an ssh server has another key than known_hosts says.
	ErrUntrusted = errors.New("the server is not the known one")
	// ErrRefused means that the server's rules (a hook, a protected branch) refused the push.
	ErrRefused = errors.New("the server refused the push")
	// ErrUnreachable means that the server didn't answer, or not as a git server does.
	ErrUnreachable = errors.New("the server can't be reached")
	// ErrNotFound means that the repository isn't there, or hidden from these credentials.
	ErrNotFound = errors.New("the repository was not found")
	// ErrNoBranch means that the repository has no such branch.
	ErrNoBranch = errors.New("the branch does not exist")
	// ErrRace means that others pushed first, every time until the time was over.
	ErrRace = errors.New("others kept pushing first")
	// ErrShallow means that a clone lacks the history that the question needs.
	ErrShallow = errors.New("the clone is too shallow")
	// ErrPartial means that a clone lacks files or directories of its history,
	// since it was made with a filter.
	ErrPartial = errors.New("the clone is a partial one")
	// ErrNoHistory means that a folder is no clone: it has no .git.
	ErrNoHistory = errors.New("there is no git history")
	// ErrWorktree means that a folder is a git worktree or a submodule: its .git
	// is a file that names a place elsewhere.
	ErrWorktree = errors.New("the source is a git worktree or a submodule: its history lies elsewhere")
	// ErrBorrowed means that a clone has objects in another repository.
	ErrBorrowed = errors.New("the clone borrows objects of another repository, which .git/objects/info/alternates names. " +
		"Clone without --shared and --reference, or make the objects its own: git repack -a -d, and remove that file")
	// ErrLinked means that a part of a clone's .git is a link, or no file at all.
	ErrLinked = errors.New("a part of the clone's history is a link")
	// ErrNoCommit means that a clone with its whole history lacks a commit.
	ErrNoCommit = errors.New("the commit does not exist")
	// ErrUnborn means that a clone has no commit at all yet: an ErrNoCommit.
	ErrUnborn = fmt.Errorf("%w: nothing is committed yet. Commit first", ErrNoCommit)
)

// errAgain is a push that lost a race: worth another try.
var errAgain = errors.New("somebody else pushed first")

// explain turns what git said about a remote into one of the errors above.
func explain(remote Remote, err error) error {
	var f *failure
	if !errors.As(err, &f) {
		return err
	}
	if why, found := rejection(f.stdout); found {
		return explainRejection(remote, why, f)
	}
	for _, c := range complaints {
		if c.says.MatchString(f.stderr) {
			return fmt.Errorf("%s: %w: %s. %s", remote, c.err, summary(f.stderr), c.advice)
		}
	}
	return fmt.Errorf("%s: %w", remote, err)
}

// rejection finds the reason that "git push --porcelain" gives for a reference.
func rejection(stdout string) (string, bool) {
	for line := range strings.Lines(stdout) {
		if fields := strings.Split(strings.TrimSpace(line), "\t"); fields[0] == "!" && len(fields) == 3 {
			return fields[2], true
		}
	}
	return "", false
}

// lostRace has every wording in which a server tells that the branch has moved.
var lostRace = regexp.MustCompile(`(?i)non-fast-forward|fetch first|stale info|needs force|cannot lock ref|failed to lock|` +
	`failed to update ref|incorrect old value provided|remote ref updated since checkout|reference already exists|fatal error in commit_refs`)

func explainRejection(remote Remote, why string, f *failure) error {
	if lostRace.MatchString(why) {
		return errAgain
	}
	return fmt.Errorf("%s: %w: %s %s. Change the rule or the credentials, or push to a branch that is free and open a pull request",
		remote, ErrRefused, plain.Line(why), summary(f.stderr))
}

// complaints are git's own words, first match first.
var complaints = []struct {
	says   *regexp.Regexp
	err    error
	advice string
}{
	{regexp.MustCompile(`(?i)remote branch .* not found|couldn't find remote ref`), ErrNoBranch, "Create the branch or name another"},
	{regexp.MustCompile(`(?i)authentication failed|could not read (username|password)|access denied|returned error: 40[13]|permission to .* denied|permission denied \(`),
		ErrAuthentication, "Give a token that may write to the repository, and its user name, or for an ssh address a key that may"},
	{regexp.MustCompile(`(?i)host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED`),
		ErrUntrusted, "Give the line of known_hosts that names this server, from a source that you trust"},
	{regexp.MustCompile(`(?i)repository .*not found|returned error: 404|does not appear to be a git repository|does not exist`),
		ErrNotFound, "Correct the address, or give a token that may see the repository"},
	{regexp.MustCompile(`(?i)unable to access|could not resolve|failed to connect|connection (refused|reset|timed out|closed)|returned error: 5\d\d|` +
		`rpc failed|hung up|early eof|not valid: is this a git repository|unable to update url base from redirection`),
		ErrUnreachable, "Check the address and the network, then run again"},
}

// summary has the lines of git's output that explain something, in one line.
func summary(stderr string) string {
	var kept []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "remote:"))
		if line == "" || strings.HasPrefix(line, "Cloning into") || strings.HasPrefix(line, "hint:") || strings.HasPrefix(line, "To ") {
			continue
		}
		kept = append(kept, plain.Line(strings.Join(strings.Fields(line), " ")))
	}
	return strings.Join(kept, "; ")
}
