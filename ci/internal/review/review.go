// Package review is where changes wait for a person, whichever platform that is
// on: GitHub's pull requests are one implementation of Platform, and nothing that
// has a change reviewed knows which.
package review

import (
	"context"
	"errors"
)

// Request asks for the review of one branch's changes of another.
type Request struct {
	// Head has the changes, and Base is to get them.
	Head, Base string
	// Title and Body are for people, the body in Markdown.
	Title, Body string
}

// Platform is where a repository's changes are reviewed. Of two branches at most
// one request is open.
type Platform interface {
	// Open tells whether a request is open.
	Open(ctx context.Context, head, base string) (bool, error)
	// ClosedAt tells whether a request was closed, merged or not, when its head was
	// the commit, and none is open.
	ClosedAt(ctx context.Context, head, base, commit string) (bool, error)
	// Ensure opens a request, or brings the open one up to date, and returns its
	// address.
	Ensure(ctx context.Context, r Request) (string, error)
	// Close closes the open request, if there is one, with the reason as its text,
	// and returns its address.
	Close(ctx context.Context, head, base, reason string) (string, error)
}

// ErrNoDifference says that a branch holds nothing that its base does not.
var ErrNoDifference = errors.New("there is nothing to merge")
