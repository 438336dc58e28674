package report

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

//go:embed *.html style.css
var parts embed.FS

var pages = template.Must(template.ParseFS(parts, "*.html"))

// frame is what every page has.
type frame struct {
	Title string
	Style template.CSS
}

func framed(title string) frame {
	style, err := parts.ReadFile("style.css")
	if err != nil {
		panic(err) // It is compiled in.
	}
	return frame{title, template.CSS(style)}
}

func written(name string, page any) (string, error) {
	var text strings.Builder
	if err := pages.ExecuteTemplate(&text, name, page); err != nil {
		return "", fmt.Errorf("write the page: %w", err)
	}
	return text.String(), nil
}

// The parts of a run's page, as the template sets them.
type (
	page struct {
		frame
		Passed      bool
		Environment string
		Facts       []fact
		Nothing     string
		Notes       []string
		Unexplained string
		Failures    []failure
		Legend      []legend
		Ticks       []string
		Rows        []row
		Worst       []finding
		WorstCount  string
		NewOnes     []string
		Images      []image
		Change      *change
		History     []step
	}
	// to is a text that may lead somewhere.
	to   struct{ Label, Address string }
	fact struct {
		to
		Name string
		Mono bool
	}
	failure struct{ Where, Why string }
	legend  struct{ Class, Name string }
	row     struct {
		Name, Kind, Took, Worst, Fault string
		Failed                         bool
		Reasons, Narrowed              []string
		Height                         int
		Bars                           []bar
		Steps                          []took
		Image                          *image
		Scans                          []scanned
	}
	bar struct {
		Class, Title string
		X, Width     float64
		Y            int
	}
	took struct {
		Name, After, Took, Detail string
		Failed                    bool
	}
	image struct {
		Component, Name, Digest, Platforms, Size string
		Notes                                    []string
	}
	scanned struct {
		Component, Platform, Found string
		Findings                   []finding
		More, All                  int
		Layers                     *layered
	}
	finding struct {
		to
		Component, Class, Severity, In, Whose, MendedBy string
		New                                             bool
	}
	change struct {
		to
		Said  string
		Notes []string
		Diff  []diffLine
		More  string
	}
	diffLine struct{ Class, Text string }
	step     struct {
		to
		Stamp, When, Subject, How, Run string
	}
)

// Page is the run as a page of HTML: one file, which loads nothing.
func (r Run) Page() (string, error) {
	p := page{
		frame: framed(r.title()), Passed: r.Passed, Environment: r.Environment, Facts: r.pageFacts(), Nothing: r.nothing(), Notes: slices.Concat(r.Notes, r.Held),
		Unexplained: plain.Text(r.unexplained()), Legend: legends, Ticks: r.ticks(), Rows: r.rows(), Change: r.change(), NewOnes: r.newOnes(),
	}
	for _, s := range r.failed() {
		p.Failures = append(p.Failures, failure{s.Where(), plain.Text(s.Failure)})
	}
	for _, i := range r.Images {
		if i != nil {
			p.Images = append(p.Images, *imageOf(i))
		}
	}
	for _, s := range r.Scans {
		for _, f := range s.Findings {
			if f.worst() {
				p.Worst = append(p.Worst, findingOf(s, f))
			}
		}
	}
	slices.SortStableFunc(p.Worst, func(a, b finding) int { return cmp.Compare(a.Severity, b.Severity) }) // C is before H.
	p.WorstCount = count(len(p.Worst), "finding", "findings")
	if more := len(p.Worst) - mostWorst; more > 0 {
		p.Worst, p.WorstCount = p.Worst[:mostWorst], fmt.Sprintf("The first %d of %d findings", mostWorst, len(p.Worst))
	}
	for _, s := range r.Before {
		p.History = append(p.History, r.stepOf(s))
	}
	return written("page.html", p)
}

// mostWorst is how many findings of all components are shown together.
const mostWorst = 200

func (r Run) pageFacts() []fact {
	facts := []fact{
		{to{Label: count(len(r.Affected), "component", "components")}, "In this run", false},
		{to{Label: duration(r.Seconds)}, "Took", false},
	}
	if at := r.Began(); !at.IsZero() {
		facts = append(facts, fact{to{Label: at.UTC().Format("2006-01-02 15:04:05")}, "Began", false})
	}
	add := func(name, label, address string) {
		if label != "" {
			facts = append(facts, fact{to{label, address}, name, true})
		}
	}
	add("Source", short(r.Commit), commitLink(r.Links.Source, r.Commit))
	add("Compared with", short(r.Base), "")
	if r.Change != nil {
		add("GitOps", short(r.Change.Commit), commitLink(r.Links.Gitops, r.Change.Commit))
	}
	if at := link(r.Links.Run); at != "" {
		facts = append(facts, fact{to{"the run", at}, "Log", false})
	}
	return facts
}

// Kinds of steps, as their bars are drawn.
var legends = []legend{{"gate", "Gate"}, {"image-step", "Image"}, {"scan", "Scan"}, {"publish", "Publish"}, {"other", "Of the run"}, {"is-failed", "Failed"}}

func class(s record.Step) string {
	first, _, _ := strings.Cut(s.Name, " ")
	switch {
	case s.State == record.Failed:
		return "is-failed"
	case s.Component == "":
		return "other"
	case first == "image":
		return "image-step"
	case first == "scan" || first == "publish":
		return first
	}
	return "gate"
}

// span is how long it took from the first step's beginning to the last one's end.
func (r Run) span() float64 {
	last, begin := 0.0, r.Began()
	for _, s := range r.Steps {
		last = max(last, s.Started.Sub(begin).Seconds()+s.Seconds)
	}
	return max(last, 0.001)
}

// ticks are the times at the quarters of the line.
func (r Run) ticks() (all []string) {
	for i := range 5 {
		all = append(all, duration(r.span()*float64(i)/4))
	}
	return all
}

// rows are the run's own steps, and each component's.
func (r Run) rows() (rows []row) {
	begin, span := r.Began(), r.span()
	byComponent := map[string][]record.Step{}
	for _, s := range r.inOrder() {
		byComponent[s.Component] = append(byComponent[s.Component], s)
	}
	plan := map[string]affected.Record{}
	for _, a := range r.Affected {
		plan[a.Name] = a
	}
	scans := map[string][]scanned{}
	worst := map[string]string{}
	for _, s := range r.Scans {
		of := scanned{Component: s.Component, Platform: s.Platform, Found: s.findings(), More: s.More, All: len(s.Findings) + s.More, Layers: s.layers()}
		for _, f := range s.Findings {
			of.Findings = append(of.Findings, findingOf(s, f))
		}
		scans[s.Component] = append(scans[s.Component], of)
		if s.stops() && worst[s.Component] == "" {
			worst[s.Component] = trivy.Counts{Critical: s.Counts.Critical, High: s.Counts.High}.String()
		}
	}
	names := r.components()
	if len(byComponent[""]) > 0 {
		names = append([]string{""}, names...)
	}
	for _, name := range names {
		a := plan[name]
		one := row{
			Name: orElse(name, "The run"), Kind: string(a.Kind), Reasons: a.Reasons, Narrowed: a.Narrowed, Fault: plain.Line(a.Fault),
			Scans: scans[name], Worst: worst[name],
		}
		if i := r.image(name); i != nil {
			one.Image = imageOf(i)
		}
		one.set(byComponent[name], begin, span)
		rows = append(rows, one)
	}
	return rows
}

// set draws the steps, those that ran at one time below each other.
func (o *row) set(steps []record.Step, begin time.Time, span float64) {
	const lane = 8
	var lanes []float64
	total := 0.0
	for _, s := range steps {
		after := s.Started.Sub(begin).Seconds()
		at := slices.IndexFunc(lanes, func(end float64) bool { return end <= after })
		if at < 0 {
			lanes, at = append(lanes, 0), len(lanes)
		}
		lanes[at] = after + s.Seconds
		total += s.Seconds
		o.Failed = o.Failed || s.State == record.Failed
		o.Bars = append(o.Bars, bar{
			Class: class(s), Title: s.Name + ", " + duration(s.Seconds), Y: at*lane + 1,
			X: rounded(1000 * after / span), Width: max(2, rounded(1000*s.Seconds/span)),
		})
		name := s.Name
		if s.Shard != "" {
			name += " (shard " + s.Shard + ")"
		}
		o.Steps = append(o.Steps, took{name, duration(after), duration(s.Seconds), plain.Line(s.Detail), s.State == record.Failed})
	}
	o.Height = max(1, len(lanes)) * lane
	o.Took = duration(total)
}

func rounded(of float64) float64 { return math.Round(of*10) / 10 }

func imageOf(i *record.Image) *image {
	one := &image{Component: i.Component, Name: named(i), Digest: i.Digest, Platforms: strings.Join(i.Platforms, ", "), Size: bytes(i.Size)}
	if i.Kept {
		one.Notes = append(one.Notes, "an earlier run of the commit had published it: it was scanned anew, and not built again")
	}
	if len(i.Unpinned) > 0 {
		one.Notes = append(one.Notes, "built on what nobody pinned: "+strings.Join(i.Unpinned, ", "))
	}
	return one
}

func findingOf(s Scan, f Finding) finding {
	return finding{
		to: to{f.ID, link(f.URL)}, Component: s.Component, Class: strings.ToLower(f.Severity), Severity: f.Severity,
		In: plain.Line(orElse(strings.TrimSpace(f.Package+" "+f.Installed), f.Title)), Whose: whose[f.Owner],
		MendedBy: plain.Line(orElse(f.Accepted, f.MendedBy)), New: f.New,
	}
}

// mostDiff is how many lines of the difference a page shows.
const mostDiff = 5000

func (r Run) change() *change {
	if r.Change == nil {
		return nil
	}
	c := &change{Said: "Nothing to change.", Notes: append(slices.Clone(r.Change.Notes), r.Change.Kept...)}
	switch {
	case r.Change.PullRequest != "":
		c.Said, c.to = "The change waits for its review in", to{r.Change.PullRequest, link(r.Change.PullRequest)}
	case r.Change.Commit != "":
		c.Said, c.to = "Commit", to{r.Change.Commit, commitLink(r.Links.Gitops, r.Change.Commit)}
	case len(r.Change.Files) > 0:
		c.Said = "Changed, and not committed: " + strings.Join(r.Change.Files, ", ")
	}
	for line := range strings.Lines(plain.Text(r.Change.Diff)) {
		if len(c.Diff) == mostDiff {
			c.More = fmt.Sprintf("These are the first %d lines. The rest is in changes.diff.", mostDiff)
			break
		}
		c.Diff = append(c.Diff, diffOf(strings.TrimRight(line, "\n")))
	}
	return c
}

func diffOf(line string) diffLine {
	for _, of := range []struct{ prefix, class string }{{"+++", "file"}, {"---", "file"}, {"@@", "at"}, {"+", "add"}, {"-", "del"}} {
		if strings.HasPrefix(line, of.prefix) {
			return diffLine{of.class, line}
		}
	}
	return diffLine{"", line}
}

func (r Run) stepOf(s gitops.Step) step {
	return step{
		to: to{short(s.Commit), commitLink(r.Links.Gitops, s.Commit)}, Stamp: s.Time.UTC().Format(time.RFC3339), When: s.Time.UTC().Format("2006-01-02 15:04"),
		Subject: plain.Line(s.Subject), How: s.How, Run: link(s.Run),
	}
}
