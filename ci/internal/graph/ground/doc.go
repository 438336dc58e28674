// Package ground is what everything that talks to the engine stands on: steps
// and their errors, secrets' text, services, files, cache volumes and images.
// It knows nothing of components.
package ground
