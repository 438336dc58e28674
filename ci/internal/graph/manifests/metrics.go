package manifests

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/dora"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
	"github.com/pingvas/pingvas-ci/ci/internal/report"
)

// Metrics are how environments were delivered to.
type Metrics struct {
	Measures          []dora.Measure
	Table, JSON, Page string
}

// Metrics measures the deployments of the last days to environments, all where none is
// named, and of components, likewise.
func (r *Repository) Metrics(ctx context.Context, environments, components []string, days int) (m Metrics, err error) {
	window, err := dora.Last(days, time.Now())
	if err != nil {
		return m, err
	}
	var found []dora.Deployment
	err = r.readHistory(ctx, func(dir string) error {
		return r.timed(ctx, func(timeOf func(string) time.Time) (err error) {
			found, err = gitops.Deployments(ctx, dir, environments, window.From, timeOf)
			return err
		})
	})
	if err != nil {
		return m, err
	}
	if len(components) > 0 {
		found = slices.DeleteFunc(found, func(d dora.Deployment) bool { return !slices.Contains(components, d.Component) })
	}
	m.Measures = dora.Measures(found, window)
	m.Table = dora.Table(m.Measures, window)
	if m.JSON, err = dora.JSON(m.Measures, window); err != nil {
		return m, err
	}
	m.Page, err = report.MetricsPage(found, window)
	return m, err
}

// timed calls use with what tells when a commit of the source was made; of one that is
// not known here, nothing.
func (r *Repository) timed(ctx context.Context, use func(timeOf func(commit string) time.Time) error) error {
	unknown := func(string) time.Time { return time.Time{} }
	if r.Source == nil {
		return use(unknown)
	}
	err := r.Source.History(ctx, func(dir string) error {
		return use(func(commit string) time.Time {
			at, err := gitrepo.CommitTime(ctx, dir, commit)
			if err != nil {
				return time.Time{}
			}
			return at
		})
	})
	if errors.Is(err, source.ErrNoHistory) {
		return use(unknown)
	}
	return err
}

// PageFile is the page as a file.
func (m Metrics) PageFile() *dagger.File { return ground.File("metrics.html", []byte(m.Page)) }
