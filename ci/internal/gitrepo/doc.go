// Package gitrepo talks to git repositories through the git program: Update
// clones a branch, edits it, commits and pushes, and does so again from the new
// head when somebody else pushed first; CanPush proves beforehand that it may.
// Head, ChangedFiles, IsAncestor, CommitTime, Log, Files and Extract read a clone.
//
// No credential is ever an argument or part of an address, no shell is run but
// the one by which git itself starts ssh, with words of ours, and no
// configuration, hook or prompt of the machine takes part.
package gitrepo
