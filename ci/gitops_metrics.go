package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/dora"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// Metrics measures how software is delivered, in the terms of DORA.
//
// Change lead time, deployment frequency, change fail rate by rollbacks, and failed
// deployment recovery time, of environments and their components, from the history of
// the GitOps repository. What that does not tell is not known, and counted as such.
// +cache="session"
func (g *Gitops) Metrics(
	ctx context.Context,
	// The environments to measure; all when absent.
	// +optional
	environments []string,
	// The components to measure; all when absent.
	// +optional
	components []string,
	// How many of the last days are measured.
	// +default=90
	days int,
) (*DeliveryMetrics, error) {
	m, err := g.repository().Metrics(ctx, environments, components, days)
	if err != nil {
		return nil, err
	}
	return &DeliveryMetrics{Measures: ground.Each(m.Measures, measureOf), Page: m.PageFile(), Table: m.Table, Json: m.JSON}, nil
}

// DeliveryMetrics are how environments were delivered to in a window of time.
type DeliveryMetrics struct {
	// Measures are those of each environment, and of each of its components.
	Measures []*DeliveryMeasure
	// Page shows them with plots: a page of HTML, in one file that loads nothing.
	Page *dagger.File
	// Table returns what was measured for people.
	Table string
	// Json returns what was measured for programs.
	//
	// What is not known is null.
	Json string
}

// DeliveryMeasure is what a window of time tells of an environment, or of a component
// of it.
type DeliveryMeasure struct {
	// Environment is the environment's name.
	Environment string
	// Component is the component's name; empty for all of them together, where what
	// one commit brings is one deployment.
	Component string
	// Deployments is how many there were, rollbacks excluded.
	Deployments int
	// PerWeek is how many a week.
	PerWeek float64
	// LeadKnown is of how many of them the lead time is known.
	LeadKnown int
	// LeadSeconds is the median of those lead times, from the commit of the source to
	// that of the environment. It is 0 where none is known.
	LeadSeconds float64
	// Failed is how many were rolled back.
	Failed int
	// FailRate is their share, from 0 to 1.
	FailRate float64
	// RecoverySeconds is the median of the times from such a deployment to its
	// rollback. It is 0 where none failed.
	RecoverySeconds float64
}

func measureOf(m dora.Measure) *DeliveryMeasure {
	return &DeliveryMeasure{
		Environment: m.Environment, Component: m.Component, Deployments: m.Deployments, PerWeek: m.PerWeek, LeadKnown: m.LeadKnown,
		LeadSeconds: dora.OrZero(m.LeadSeconds), Failed: m.Failed, FailRate: dora.OrZero(m.FailRate), RecoverySeconds: dora.OrZero(m.RecoverySeconds),
	}
}
