// Package manifests works on the GitOps repository, a remote one or a directory:
// it changes what an environment runs, by a commit, a pull request or a
// Changeset, and tells what it runs and ran. What an operation does to a checkout
// is decided in the package gitops.
package manifests
