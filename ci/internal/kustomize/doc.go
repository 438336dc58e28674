// Package kustomize reads and edits the images that a kustomization pins,
// without touching any other byte of what a person wrote.
//
// Bump is the usual way in: it finds the kustomization files of an environment,
// edits them, and proves by rendering before and after that exactly the named
// images changed. Edit changes one file's bytes, Pins reads what is pinned, and
// Render builds the manifests of one overlay, offline.
package kustomize
