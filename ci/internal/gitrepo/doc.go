// Package gitrepo talks to git repositories through the git program: Update
// clones a branch, edits it, commits and pushes, and does so again from the new
// head when somebody else pushed first; CanPush proves beforehand that it may.
// Head, ChangedFiles, IsAncestor, CommitTime, Log, Files and Extract read a clone,
// and Uncommitted compares a source's files with it.
//
// No credential is ever an argument or part of an address, no shell is run but
// the one by which git itself starts ssh, with words of ours, and no
// configuration, hook or prompt of the machine takes part; nor does one of a clone
// that a caller hands over (see reader).
package gitrepo
