package scanning

import (
	"context"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Finding is what was found in the image of a platform, with what is said of it.
type Finding struct {
	trivy.Account
	Platform string
}

// Findings are what was found, the worst first, with what statements suppress
// and what the policy's rules accept.
func (s *Scan) Findings(ctx context.Context) ([]Finding, error) {
	report, err := s.report(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := s.Policy.read(ctx)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, account := range trivy.Accounts(report, s.Component, rules, time.Now()) {
		found = append(found, Finding{account, s.Platform})
	}
	return found, nil
}

// Findings are those of all platforms, one after the other.
func (all Scans) Findings(ctx context.Context) (found []Finding, err error) {
	for _, s := range all {
		of, err := s.Findings(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	return found, nil
}
