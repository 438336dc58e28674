// Package unused is imported by no face.
package unused

import "github.com/pingvas/pingvas-ci/ci/internal/registry"

type Tagger struct{}

func (Tagger) Tags() { _ = registry.Tag() }
