// Package gitrepo talks to git repositories through the git program: Update
// clones a branch, edits it, commits and pushes, and does so again from the new
// head when somebody else pushed first; CanPush proves beforehand that it may.
// Head, ChangedFiles, IsAncestor and CommitTime read a clone.
//
// No credential is ever an argument or part of an address, no shell is run, and
// no configuration, hook or prompt of the machine takes part.
package gitrepo
