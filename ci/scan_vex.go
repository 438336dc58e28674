package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// WithVex takes an OpenVEX document on vulnerabilities that do no harm.
//
// A vulnerability that a statement calls not_affected, with a justification, or
// fixed is no finding any more, and is reported as suppressed. The bills of
// materials stay as they are. A product is a package, such as
// pkg:pypi/starlette@0.36.0, or packages in a component's image:
// pkg:oci/user-service with subcomponents. Called again, it adds a document.
func (m *PingvasCi) WithVex(
	// The document, in JSON.
	document *dagger.File,
) *PingvasCi {
	with := *m
	with.Vex = append(slices.Clone(m.Vex), document)
	return &with
}

// vexFor are the statements for a component, as Trivy reads them; no text where
// there is none.
func (m *PingvasCi) vexFor(ctx context.Context, component string) (trivy.VEX, []byte, error) {
	var documents []trivy.VEX
	for _, file := range m.Vex {
		name, err := file.Name(ctx)
		if err != nil {
			return trivy.VEX{}, nil, fmt.Errorf("read the VEX documents: %w", err)
		}
		text, err := file.Contents(ctx)
		if err != nil {
			return trivy.VEX{}, nil, fmt.Errorf("read the VEX document %s: %w", name, err)
		}
		document, err := trivy.ParseVEX(name, []byte(text))
		if err != nil {
			return trivy.VEX{}, nil, err
		}
		documents = append(documents, document)
	}
	all := trivy.VEXFor(component, documents)
	if len(all.Statements) == 0 {
		return all, nil, nil
	}
	text, err := json.Marshal(all)
	return all, text, err
}
