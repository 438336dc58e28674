package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
)

// Summary returns the delivery in Markdown, for the summary of a job.
//
// What changed and why, what failed, gates with what is off, images with sizes and
// digests, findings and those that are new, and the change of the manifests. It is
// no longer than what GitHub takes of a step.
// +cache="session"
func (d *Delivery) Summary(ctx context.Context) (string, error) {
	run, err := delivery.Report(ctx, d.Told, d.scans())
	return run.Summary(), err
}

// Page returns the delivery as a page of HTML, in one file that loads nothing.
//
// The components with a time line of their steps, findings, images, the difference of
// the manifests, and what the environment got before.
// +cache="session"
func (d *Delivery) Page(ctx context.Context) (*dagger.File, error) {
	return delivery.Page(ctx, d.Told, d.scans())
}

// Files returns everything that there is to keep of the delivery.
//
// That is summary.md, report.html, delivery.json, changes.diff and annotations.txt,
// which are commands to a runner of GitHub; junit and coverage of tests;
// sarif of images and of gates that failed; sbom; and of a shard record.json. Nothing
// is run for them again.
// +cache="session"
func (d *Delivery) Files(ctx context.Context) (*dagger.Directory, error) {
	files, err := delivery.Files(ctx, d.Ci.caller(), d.Told, d.Json, d.scans())
	if err != nil || d.Part == "" {
		return files, err
	}
	return files.WithNewFile("record.json", d.Part), nil
}

func (d *Delivery) scans() scanning.Scans {
	return ground.Each(d.Found, (*PlatformScan).scan)
}

// Checked is what a check came to: check with a result in place of an error.
type Checked struct {
	// Passed tells whether every gate did.
	Passed bool
	// Failure is the error's whole text; empty where every gate passed.
	Failure string
	// Plan is what was checked, and why.
	Plan *Plan
	// Steps are the gates that were run, with times.
	Steps []*Step
	// Seconds is how long the check took.
	Seconds float64
	// Json returns the check for programs.
	Json string
	// +private
	Ci *PingvasCi
	// +private
	Told string
}

// Checked runs every gate of every component, and returns what came of it.
//
// It is check for whoever wants a report of a failure, and fails itself for nothing
// that a gate says: look at passed.
// +cache="never"
func (m *PingvasCi) Checked(
	ctx context.Context,
	// Only components affected since this commit, branch or tag.
	// +optional
	base string,
) (*Checked, error) {
	came := delivery.Check(ctx, m.caller(), base)
	plan, err := planOf(came.Plan, nil)
	if err != nil {
		return nil, err
	}
	told, err := came.Told()
	if err != nil {
		return nil, err
	}
	of := came.Record()
	document, err := of.JSON()
	return &Checked{
		Passed: of.Passed, Failure: of.Failure, Plan: plan, Steps: ground.Each(of.Steps, stepOf), Seconds: of.Seconds,
		Ci: m, Told: told, Json: document,
	}, err
}

// Summary returns the check in Markdown, for the summary of a job.
// +cache="session"
func (c *Checked) Summary(ctx context.Context) (string, error) {
	run, err := delivery.Report(ctx, c.Told, nil)
	return run.Summary(), err
}

// Page returns the check as a page of HTML, in one file that loads nothing.
// +cache="session"
func (c *Checked) Page(ctx context.Context) (*dagger.File, error) {
	return delivery.Page(ctx, c.Told, nil)
}

// Files returns everything that there is to keep of the check.
//
// That is summary.md, report.html, check.json and annotations.txt, which are commands
// to a runner of GitHub; junit and coverage of tests; and sarif of gates
// that failed. Nothing is run for them again.
// +cache="session"
func (c *Checked) Files(ctx context.Context) (*dagger.Directory, error) {
	return delivery.Files(ctx, c.Ci.caller(), c.Told, c.Json, nil)
}
