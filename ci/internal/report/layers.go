package report

import (
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// The layers of an image, as the template sets them.
type (
	layered struct {
		Component, Platform, Said string
		Layers                    []layer
	}
	layer struct{ Digest, Size, Share, Whose, CreatedBy string }
)

// mostMaker is how long a step of an image's history is shown.
const mostMaker = 300

// layers are those of an image, and where its bytes are.
func (s Scan) layers() *layered {
	if len(s.Layers) == 0 {
		return nil
	}
	of := &layered{Component: s.Component, Platform: s.Platform}
	total, base, known := 0, 0, true
	for _, l := range s.Layers {
		total += l.Size
		if l.Owner == string(trivy.OwnerBase) {
			base += l.Size
		}
		known = known && l.Owner != ""
	}
	of.Said = fmt.Sprintf("%s, %s", count(len(s.Layers), "layer", "layers"), bytes(total))
	if known {
		of.Said += fmt.Sprintf(": %s of its base, %s its own", bytes(base), bytes(total-base))
	}
	for _, l := range s.Layers {
		made := plain.Line(l.CreatedBy)
		if runes := []rune(made); len(runes) > mostMaker {
			made = string(runes[:mostMaker]) + "…"
		}
		of.Layers = append(of.Layers, layer{
			Digest: l.Digest, Size: bytes(l.Size), Share: fmt.Sprintf("%.0f %%", 100*float64(l.Size)/float64(max(1, total))),
			Whose: orElse(whose[l.Owner], "not known"), CreatedBy: orElse(made, "not said"),
		})
	}
	return of
}

// whose is an owner in words.
var whose = map[string]string{string(trivy.OwnerBase): "the base's", string(trivy.OwnerComponent): "its own"}
