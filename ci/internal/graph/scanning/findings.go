package scanning

import (
	"context"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Findings are what was found, the worst first, with what statements suppress
// and what the policy's rules accept.
func (s *Scan) Findings(ctx context.Context) ([]trivy.Account, error) {
	_, accounts, err := s.accounts(ctx)
	return accounts, err
}

func (s *Scan) accounts(ctx context.Context) (trivy.Report, []trivy.Account, error) {
	report, err := s.report(ctx)
	if err != nil {
		return report, nil, err
	}
	rules, err := s.Policy.read(ctx)
	if err != nil {
		return report, nil, err
	}
	return report, trivy.Accounts(report, trivy.Policy{Component: s.Component, Platform: s.Platform, Ignore: rules, Now: time.Now()}), nil
}

// json has the findings for programs.
func (s *Scan) json(ctx context.Context) ([]byte, error) {
	report, accounts, err := s.accounts(ctx)
	if err != nil {
		return nil, err
	}
	return trivy.JSON(report, accounts)
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
