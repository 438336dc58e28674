package scanning

import (
	"context"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Findings are what was found, the worst first, with what statements suppress
// and what the policy's rules accept.
func (s *Scan) Findings(ctx context.Context) ([]trivy.Account, error) {
	report, err := s.report(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := s.Policy.read(ctx)
	if err != nil {
		return nil, err
	}
	return trivy.Accounts(report, trivy.Policy{Component: s.Component, Platform: s.Platform, Ignore: rules, Now: time.Now()}), nil
}

// Findings are those of all platforms, one after the other.
func (all Scans) Findings(ctx context.Context) (found []trivy.Account, err error) {
	for _, s := range all {
		of, err := s.Findings(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	return found, nil
}
