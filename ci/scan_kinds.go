package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Scanner is a kind of finding that images are scanned for.
type Scanner string

const (
	// Known vulnerabilities of the packages in the image.
	VULNERABILITY Scanner = "VULNERABILITY"
	// Credentials in the image's files and environment.
	SECRET Scanner = "SECRET"
	// What is wrong with how the image is run, such as root for its user, and
	// with the files of configuration in it.
	MISCONFIGURATION Scanner = "MISCONFIGURATION"
)

// trivyScanner is how Trivy names the scanners.
var trivyScanner = map[Scanner]string{VULNERABILITY: "vuln", SECRET: "secret", MISCONFIGURATION: "misconfig"}

// WithScanners says what images are scanned for.
//
// Without it they are scanned for all: vulnerabilities, secrets and
// misconfigurations.
func (m *PingvasCi) WithScanners(
	// VULNERABILITY, which cannot be left out, SECRET and MISCONFIGURATION.
	scanners []Scanner,
) (*PingvasCi, error) {
	if !slices.Contains(scanners, VULNERABILITY) {
		return nil, errors.New("the scanners lack VULNERABILITY: the bill of materials comes of it, and an image is never published without. Add it")
	}
	with := *m
	with.Scanners = scanners
	return &with, nil
}

func (m *PingvasCi) scansFor(kind Scanner) bool {
	return len(m.Scanners) == 0 || slices.Contains(m.Scanners, kind)
}

// kinds are the scanners as Trivy takes them.
func (m *PingvasCi) kinds() string {
	var names []string
	for _, kind := range []Scanner{VULNERABILITY, SECRET, MISCONFIGURATION} {
		if m.scansFor(kind) {
			names = append(names, trivyScanner[kind])
		}
	}
	return strings.Join(names, ",")
}

// withConfiguration adds to the report what is wrong with the configuration of
// the image itself. The bills of materials are made of the report before.
func (p *PlatformScan) withConfiguration(ctx context.Context, s scanner, report trivy.Report) (trivy.Report, error) {
	fail := func(err error) (trivy.Report, error) {
		return report, fmt.Errorf("%s %s: check the image's configuration: %w", p.Component, p.Platform, err)
	}
	of, err := p.Report.Contents(ctx)
	if err != nil {
		return fail(err)
	}
	checked, err := s.configuration(trivy.ConfigurationOf(report)).Contents(ctx)
	if err != nil {
		return fail(err)
	}
	merged, err := trivy.Merge([]byte(of), []byte(checked))
	if err != nil {
		return fail(err)
	}
	p.Report = dag.Directory().WithNewFile("report.json", string(merged)).File("report.json")
	p.Misconfiguration = true
	return trivy.Parse(merged)
}
