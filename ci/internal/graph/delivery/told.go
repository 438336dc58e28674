package delivery

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/report"
)

var dag = dagger.Connect()

// found keeps the scans of a run, whatever becomes of it.
type found struct {
	mu    sync.Mutex
	scans scanning.Scans
}

func (f *found) add(s *scanning.Scan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scans = append(f.scans, s)
}

// Scans are those that were made, in the order of the components' platforms.
func (f *found) Scans() scanning.Scans {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Clone(f.scans)
	slices.SortStableFunc(all, func(a, b *scanning.Scan) int { return cmp.Compare(a.Component, b.Component) })
	return all
}

// links are where a person can look at what a delivery works on.
func (c Caller) links(ctx context.Context) report.Links {
	links := report.Links{Gitops: c.Gitops.URL, Run: c.Gitops.Settings.Run}
	if labels, err := c.Source.WithOrigin(ctx, nil); err == nil { // Without it, there is one link less.
		links.Source = labels[ground.OCI+"source"]
	}
	return links
}

// Told is the delivery as its report tells it, without what scans found.
func (r *Result) Told() (string, error) {
	run := report.OfDelivery(r.Record()).WithSteps(r.Shards)
	run.Before, run.Said, run.Named, run.Links = r.Before.Changes, r.Before.Scans, r.Before.Findings, r.Links
	return run.JSON()
}

// Told is the check as its report tells it.
func (r *Checked) Told() (string, error) { return report.OfCheck(r.Record()).JSON() }

// Report is what a run did, with what scans found.
func Report(ctx context.Context, told string, scans scanning.Scans) (report.Run, error) {
	run, err := report.Read(told)
	if err != nil {
		return run, err
	}
	for _, s := range scans {
		accounts, err := s.Findings(ctx)
		if err != nil {
			return run, err
		}
		told := report.ScanOf(s.Component, s.Platform, s.Summary, s.Counts, accounts)
		if told.Layers, err = s.Layers(ctx); err != nil {
			return run, err
		}
		run = run.WithScan(told)
	}
	return run, nil
}

// Page is the page of a run.
func Page(ctx context.Context, told string, scans scanning.Scans) (*dagger.File, error) {
	run, err := Report(ctx, told, scans)
	if err != nil {
		return nil, err
	}
	page, err := run.Page()
	if err != nil {
		return nil, err
	}
	return ground.File("report.html", []byte(page)), nil
}

// Files are everything that is told of a run, and what it left.
func Files(ctx context.Context, c Caller, told, record string, scans scanning.Scans) (*dagger.Directory, error) {
	run, err := Report(ctx, told, scans)
	if err != nil {
		return nil, err
	}
	texts, err := run.Files(record)
	if err != nil {
		return nil, err
	}
	files, err := c.left(ctx, run, scans)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		files = files.WithNewFile(name, texts[name])
	}
	return files, nil
}

// Checked is what a check came to.
type Checked struct {
	Commit, Base string
	Plan         []affected.Affected
	Steps        []record.Step
	Seconds      float64
	Failure      error
}

// Check runs every gate of what changed since a commit, of everything without one. A
// failure is a result.
func Check(ctx context.Context, c Caller, base string) *Checked {
	begin, steps := time.Now(), ground.NewSteps(c.Parallel)
	checked := &Checked{Base: base}
	checked.Commit, _ = c.Source.Commit(ctx) // It is checked, of whatever commit it is.
	checked.Failure = checked.run(ctx, c, steps)
	checked.Steps, checked.Seconds = steps.Done(), time.Since(begin).Seconds()
	return checked
}

func (r *Checked) run(ctx context.Context, c Caller, steps *ground.Steps) (err error) {
	if r.Plan, err = c.Plan(ctx, r.Base, "HEAD"); err != nil {
		return err
	}
	projects, err := c.Projects(components(r.Plan))
	if err != nil {
		return err
	}
	return kinds.Check(ctx, steps, projects, nil)
}

// Record is the check as programs read it.
func (r *Checked) Record() record.Check {
	return record.Check{
		Commit: r.Commit, Base: r.Base, Affected: affected.Records(r.Plan), Steps: r.Steps, Seconds: r.Seconds,
		Passed: r.Failure == nil, Failure: why(r.Failure),
	}
}

// left are the files that a run left: what its tests wrote, and
// all that is known of its images. Nothing is run for them that has not been. What
// cannot be had is said in left-out.txt.
func (c Caller) left(ctx context.Context, run report.Run, scans scanning.Scans) (*dagger.Directory, error) {
	if run.Environment != "" {
		delivering, err := c.delivering() // Its tests were others', as far as the engine knows.
		if err != nil {
			return dag.Directory(), nil //nolint:nilerr // What was refused has left nothing.
		}
		c = delivering
	}
	c.Workshop = c.Since(run.Began())
	files, err := scans.Report(ctx, dag.Directory())
	if err != nil {
		return nil, err
	}
	var without []string
	for _, s := range run.Steps {
		if s.Name != "test" || s.Component == "" || s.Shard != "" {
			continue // Another runner's engine has what a shard's left.
		}
		reports, err := c.tested(ctx, s)
		if err != nil {
			without = append(without, s.Component+": no reports of its tests: "+why(err))
		}
		for _, r := range reports {
			files = files.WithFile(r.Format+"/"+s.Component+r.Suffix, r.File)
		}
	}
	for _, component := range run.Components() {
		text, err := run.SARIF(component)
		if err != nil {
			without = append(without, component+": no SARIF of its gates: "+why(err))
			continue
		}
		files = files.WithNewFile("sarif/"+component+"/gates.sarif", string(text))
	}
	if len(without) > 0 {
		files = files.WithNewFile("left-out.txt", lines(without))
	}
	return files, nil
}

// tested are the reports of a component's tests.
func (c Caller) tested(ctx context.Context, s record.Step) ([]kinds.Report, error) {
	project, err := c.Find(ctx, s.Component)
	if err != nil {
		return nil, err
	}
	reports, err := project.Kind.Reports(ctx, project)
	if err == nil && s.State == record.Failed && len(reports) == 0 {
		return nil, errors.New("they failed, and have written none")
	}
	return reports, err
}
