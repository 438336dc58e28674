package advisories

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	"github.com/aquasecurity/trivy-db/pkg/types"
	bolt "go.etcd.io/bbolt"
)

// Layout is raised when Write makes another file from the same table.
const Layout = 1

// sources name the databases that Trivy is told the advisories come from, by
// the bucket in which it looks for an ecosystem's packages.
var sources = map[Ecosystem]types.DataSource{
	Pip:      {ID: "ghsa", Name: "GitHub Security Advisory Pip", URL: "https://github.com/advisories?query=type%3Areviewed+ecosystem%3Apip"},
	Npm:      {ID: "ghsa", Name: "GitHub Security Advisory Npm", URL: "https://github.com/advisories?query=type%3Areviewed+ecosystem%3Anpm"},
	Debian13: {ID: "debian", Name: "Debian Security Tracker", URL: "https://salsa.debian.org/security-tracker-team/security-tracker"},
}

func (e Ecosystem) bucket() string {
	if e == Debian13 {
		return string(e)
	}
	return string(e) + "::" + sources[e].Name
}

// Write makes the files trivy.db and metadata.json in dir.
func Write(dir string) error {
	if err := db.Init(dir); err != nil {
		return fmt.Errorf("make vulnerability database: %w", err)
	}
	if err := errors.Join(put(), db.Close()); err != nil {
		return fmt.Errorf("fill vulnerability database: %w", err)
	}
	// Far enough in the future that no scan looks for a newer one.
	about := metadata.Metadata{Version: db.SchemaVersion, UpdatedAt: Date, DownloadedAt: Date, NextUpdate: Date.AddDate(10, 0, 0)}
	if err := metadata.NewClient(dir).Update(about); err != nil {
		return fmt.Errorf("describe vulnerability database: %w", err)
	}
	return nil
}

// put writes each record in a transaction of its own, and all in order: bbolt
// lays out the buckets of one transaction at random, and the same table has to
// give the same file.
func put() error {
	database := db.Config{}
	for _, ecosystem := range slices.Sorted(maps.Keys(sources)) {
		err := database.BatchUpdate(func(tx *bolt.Tx) error {
			return database.PutDataSource(tx, ecosystem.bucket(), sources[ecosystem])
		})
		if err != nil {
			return fmt.Errorf("source %s: %w", ecosystem, err)
		}
	}
	for _, advisory := range Table {
		err := database.BatchUpdate(func(tx *bolt.Tx) error { return advisory.put(database, tx) })
		if err == nil {
			err = database.BatchUpdate(func(tx *bolt.Tx) error { return advisory.describe(database, tx) })
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", advisory.ID, advisory.Package, err)
		}
	}
	return nil
}

func (a Advisory) put(database db.Config, tx *bolt.Tx) error {
	detail := types.Advisory{VulnerableVersions: a.Affected, PatchedVersions: a.Fixed}
	if a.GHSA != "" {
		detail.VendorIDs = []string{a.GHSA}
	}
	if a.Ecosystem == Debian13 {
		detail = types.Advisory{FixedVersion: a.Fixed[0]}
	}
	return database.PutAdvisory(tx, []string{a.Ecosystem.bucket(), a.Package}, a.ID, &detail)
}

func (a Advisory) describe(database db.Config, tx *bolt.Tx) error {
	severity, err := types.NewSeverity(a.Severity)
	if err != nil {
		return err
	}
	severities := types.VendorSeverity{"nvd": severity}
	if a.Ecosystem != Debian13 { // Debian does not rate its advisories.
		severities = types.VendorSeverity{sources[a.Ecosystem].ID: severity}
	}
	return database.PutVulnerability(tx, a.ID, types.Vulnerability{
		Title:          a.Title,
		VendorSeverity: severities,
		References:     []string{"https://nvd.nist.gov/vuln/detail/" + a.ID},
	})
}
