package scanning

import (
	"context"
	"fmt"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Policy says which findings stop an image.
type Policy struct {
	// Severity is the least severity that stops it. Empty is the guide's: HIGH
	// and CRITICAL stop an image.
	Severity string
	// Unfixed has findings stop the image for which there is no fix yet, too.
	Unfixed bool
	// WithoutOS lets images pass that are built from scratch.
	WithoutOS bool
	// Ignore has the findings that are accepted.
	Ignore *dagger.File
}

// Check refuses a severity that there is none of.
func (p Policy) Check() error {
	_, err := trivy.ParseSeverity(p.Severity)
	return err
}

// rules are the accepted findings. One that is accepted no longer is an error
// here, before anything is built.
func (p Policy) rules(ctx context.Context) ([]trivy.Rule, error) {
	rules, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	return rules, trivy.Expired(rules, time.Now())
}

// read reads the accepted findings, those that are accepted no longer as well.
func (p Policy) read(ctx context.Context) ([]trivy.Rule, error) {
	if p.Ignore == nil {
		return nil, nil
	}
	text, err := p.Ignore.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the ignore rules: %w", err)
	}
	name, err := p.Ignore.Name(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the ignore rules: %w", err)
	}
	return trivy.ParseRules(name, []byte(text))
}

// vexFor are the documents that have statements for a component.
func (s *Scanner) vexFor(ctx context.Context, component string) ([]trivy.VEX, error) {
	var documents []trivy.VEX
	for _, file := range s.Vex {
		name, err := file.Name(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the VEX documents: %w", err)
		}
		text, err := file.Contents(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the VEX document %s: %w", name, err)
		}
		document, err := trivy.ParseVEX(name, []byte(text))
		if err != nil {
			return nil, err
		}
		if of := document.For(component); len(of.Statements) > 0 {
			documents = append(documents, of)
		}
	}
	return documents, nil
}
