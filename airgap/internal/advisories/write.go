package advisories

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
	Debian12: {ID: "debian", Name: "Debian Security Tracker", URL: "https://salsa.debian.org/security-tracker-team/security-tracker"},
	Debian13: {ID: "debian", Name: "Debian Security Tracker", URL: "https://salsa.debian.org/security-tracker-team/security-tracker"},
}

func (e Ecosystem) bucket() string {
	if strings.HasPrefix(string(e), "debian ") {
		return string(e)
	}
	return string(e) + "::" + sources[e].Name
}

// Write makes the files trivy.db and metadata.json in dir, of the table.
func Write(dir string) error {
	var entries []entry
	for _, advisory := range Table {
		one, err := advisory.entry()
		if err != nil {
			return err
		}
		entries = append(entries, one)
	}
	return write(dir, entries, Date)
}

// entry is an advisory as the database has it.
type entry struct {
	ecosystem Ecosystem
	pkg, id   string
	detail    types.Advisory
	// severity is what source says of it.
	severity  types.Severity
	source    types.SourceID
	title     string
	published time.Time
}

func write(dir string, entries []entry, date time.Time) error {
	// Nobody reads it before it is whole, so that no record has to be on the disk.
	if err := db.Init(dir, db.WithBoltOptions(&bolt.Options{NoSync: true})); err != nil {
		return fmt.Errorf("make vulnerability database: %w", err)
	}
	if err := errors.Join(put(entries), db.Close()); err != nil {
		return fmt.Errorf("fill vulnerability database: %w", err)
	}
	// Far enough in the future that no scan looks for a newer one.
	about := metadata.Metadata{Version: db.SchemaVersion, UpdatedAt: date, DownloadedAt: date, NextUpdate: date.AddDate(10, 0, 0)}
	if err := metadata.NewClient(dir).Update(about); err != nil {
		return fmt.Errorf("describe vulnerability database: %w", err)
	}
	return nil
}

// put writes each record in a transaction of its own, and all in order: bbolt
// lays out the buckets of one transaction at random, and the same table has to
// give the same file.
func put(entries []entry) error {
	database := db.Config{}
	for _, ecosystem := range slices.Sorted(maps.Keys(sources)) {
		err := database.BatchUpdate(func(tx *bolt.Tx) error {
			return database.PutDataSource(tx, ecosystem.bucket(), sources[ecosystem])
		})
		if err != nil {
			return fmt.Errorf("source %s: %w", ecosystem, err)
		}
	}
	rated := map[string]bool{}
	for _, e := range entries {
		err := database.BatchUpdate(func(tx *bolt.Tx) error {
			return database.PutAdvisory(tx, []string{e.ecosystem.bucket(), e.pkg}, e.id, &e.detail)
		})
		// What is of several releases is described once, with the severity that one knows.
		if err == nil && !rated[e.id] {
			err = database.BatchUpdate(func(tx *bolt.Tx) error { return database.PutVulnerability(tx, e.id, e.described()) })
			rated[e.id] = e.severity != types.SeverityUnknown
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", e.id, e.pkg, err)
		}
	}
	return nil
}

// described is what is known of the vulnerability, whichever package has it.
func (e entry) described() types.Vulnerability {
	described := types.Vulnerability{Title: e.title, References: []string{"https://nvd.nist.gov/vuln/detail/" + e.id}}
	if e.severity != types.SeverityUnknown {
		described.VendorSeverity = types.VendorSeverity{e.source: e.severity}
	}
	if !e.published.IsZero() {
		described.PublishedDate = &e.published
	}
	return described
}

func (a Advisory) entry() (entry, error) {
	severity, err := types.NewSeverity(a.Severity)
	e := entry{ecosystem: a.Ecosystem, pkg: a.Package, id: a.ID, severity: severity, title: a.Title}
	if a.Ecosystem == Debian13 { // Debian does not rate its advisories.
		e.source, e.detail = "nvd", types.Advisory{FixedVersion: a.Fixed[0]}
		return e, err
	}
	e.source, e.detail = sources[a.Ecosystem].ID, types.Advisory{VulnerableVersions: a.Affected, PatchedVersions: a.Fixed}
	if a.GHSA != "" {
		e.detail.VendorIDs = []string{a.GHSA}
	}
	return e, err
}
