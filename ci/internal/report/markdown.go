package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// MostSummary is how many bytes a summary has at most: a little less than the MiB
// that GitHub takes of a step's.
const MostSummary = 1_000_000

// cut is what stands where something is left out.
const cut = "\n_The rest is left out: GitHub takes a summary of 1 MiB. The page and the files have all of it._\n"

// paper is Markdown that never gets longer than may be. What does not fit is left out
// with a word, between the rows of a table and the lines of a block, and never within.
type paper struct {
	strings.Builder
	most int
	full bool
}

// fits tells whether more can be written.
func (p *paper) fits(more int) bool {
	if !p.full && p.Len()+more+len(cut) > p.most {
		p.full = true
		p.WriteString(cut)
	}
	return !p.full
}

// line writes lines that belong together, or none of them.
func (p *paper) line(text string) {
	if p.fits(len(text) + 1) {
		p.WriteString(text + "\n")
	}
}

// table writes as many rows as fit. Cells are Markdown.
func (p *paper) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	header := "\n| " + strings.Join(head, " | ") + " |\n|" + strings.Repeat("---|", len(head))
	if !p.fits(len(header) + len(strings.Join(rows[0], " | ")) + 8) {
		return
	}
	p.line(header)
	for _, row := range rows {
		p.line("| " + strings.Join(row, " | ") + " |")
	}
}

// block writes lines as they are, as many as fit, of a kind such as diff.
func (p *paper) block(kind, of string) {
	of = strings.TrimRight(plain.Inert(plain.Text(of)), "\n")
	fence := fenceOf(of)
	frame := 2*len(fence) + len(kind) + len("\n\n… left out …\n\n")
	if room := p.most - p.Len() - len(cut) - frame; len(of) > room {
		if !p.fits(min(len(of)+frame, 200)) {
			return
		}
		of = of[:max(0, strings.LastIndex(of[:max(0, room)], "\n"))] + "\n… left out …"
	}
	p.line("\n" + fence + kind + "\n" + of + "\n" + fence)
}

// folded writes a block that is opened by hand. What stands over it is in HTML.
func (p *paper) folded(summary, kind, of string) {
	open, end := "\n<details><summary>"+quiet.Replace(html.EscapeString(plain.Inert(plain.Line(summary))))+"</summary>\n", "\n</details>\n"
	if !p.fits(len(open) + len(end) + 400) {
		return
	}
	p.most -= len(end)
	p.WriteString(open)
	p.block(kind, of)
	p.most += len(end)
	full := p.full
	p.full = false
	p.WriteString(end)
	p.full = full
}

// Summary is the run in Markdown, for a job's summary.
func (r Run) Summary() string { return r.summary(MostSummary) }

func (r Run) summary(most int) string {
	p := &paper{most: most}
	mark := map[bool]string{true: "✅", false: "❌"}[r.Passed]
	p.line(fmt.Sprintf("## %s %s\n\n%s", mark, text(r.title()), strings.Join(r.facts(), " · ")))
	if said := r.nothing(); said != "" {
		p.line("\n" + text(said))
	}
	r.writeFailures(p)
	r.writeComponents(p)
	r.writeGates(p)
	r.writeList(p, "Notes", r.Notes)
	r.writeList(p, "Off or narrowed", r.narrowed())
	r.writeList(p, "Held", r.Held)
	r.writeImages(p)
	r.writeScans(p)
	r.writeChange(p)
	return p.String()
}

// facts are the run in a few words.
func (r Run) facts() []string {
	facts := []string{count(len(r.Affected), "component", "components"), duration(r.Seconds)}
	if r.Base != "" {
		facts = append(facts, "since "+code(short(r.Base)))
	}
	if at := commitLink(r.Links.Source, r.Commit); at != "" {
		facts = append(facts, linked(code(short(r.Commit)), at))
	}
	if c := r.Change; c != nil && c.Commit != "" {
		facts = append(facts, "GitOps "+linked(code(short(c.Commit)), commitLink(r.Links.Gitops, c.Commit)))
	}
	if c := r.Change; c != nil && c.PullRequest != "" {
		facts = append(facts, linked("pull request", c.PullRequest))
	}
	if at := link(r.Links.Run); at != "" {
		facts = append(facts, linked("run", at))
	}
	return facts
}

func (r Run) writeFailures(p *paper) {
	if r.Passed {
		return
	}
	p.line("\n### What failed")
	if why := r.unexplained(); why != "" {
		p.block("", why)
		return
	}
	failed := r.failed()
	var rows [][]string
	for _, s := range failed {
		rows = append(rows, []string{text(orElse(s.Component, "the run")), text(s.Name), r.why(s)})
	}
	p.table([]string{"Component", "Step", "Why"}, rows)
	for _, s := range failed {
		p.folded(s.Where(), "", s.Failure)
	}
}

// why is the first thing that a failed step says: the place that it names, or else the
// first line.
func (r Run) why(s record.Step) string {
	var first *Place
	more := -1
	for i, p := range r.Places {
		if p.Component == s.Component && p.Gate == s.Name && p.File != "" {
			if more++; first == nil {
				first = &r.Places[i]
			}
		}
	}
	if first == nil {
		return text(firstLine(s.Failure))
	}
	why := code(fmt.Sprintf("%s:%d", first.File, first.Line)) + " " + text(strings.TrimSpace(first.Rule+" "+firstLine(first.Message)))
	if more > 0 {
		why += fmt.Sprintf(" (and %d more)", more)
	}
	return why
}

func (r Run) writeComponents(p *paper) {
	var rows [][]string
	for _, a := range r.Affected {
		why := text(firstOf(a.Reasons))
		if a.Fault != "" {
			why = "nothing can be done with it: " + text(a.Fault)
		}
		rows = append(rows, []string{"**" + text(a.Name) + "**", text(string(a.Kind)), code(a.Path), why, r.took(a.Name)})
	}
	if len(rows) > 0 {
		p.line("\n### What changed, and why")
	}
	p.table([]string{"Component", "Kind", "Directory", "Why", "Time"}, rows)
}

// took is how long a component's steps took together.
func (r Run) took(component string) string {
	total := 0.0
	for _, s := range r.of(component) {
		total += s.Seconds
	}
	return duration(total)
}

func (r Run) writeGates(p *paper) {
	gates := r.gates()
	var rows [][]string
	for _, component := range r.components() {
		row, ran := []string{text(component)}, false
		for _, gate := range gates {
			cell := "–"
			for _, s := range r.of(component) {
				if s.Name == gate {
					cell, ran = mark(s)+" "+duration(s.Seconds), true
				}
			}
			row = append(row, cell)
		}
		if ran {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return
	}
	head := []string{"Component"}
	for _, gate := range gates {
		head = append(head, text(gate))
	}
	p.line("\n### Gates")
	p.table(head, rows)
}

func mark(s record.Step) string {
	if s.State == record.Failed {
		return "❌ failed,"
	}
	return "✅"
}

// narrowed is what of the gates is off, by component.
func (r Run) narrowed() (lines []string) {
	for _, a := range r.Affected {
		for _, narrowed := range a.Narrowed {
			lines = append(lines, a.Name+": "+narrowed)
		}
	}
	return lines
}

func (r Run) writeList(p *paper, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.line("\n### " + title + "\n")
	for _, line := range lines {
		p.line("- " + text(line))
	}
}

func (r Run) writeImages(p *paper) {
	var rows [][]string
	for _, i := range r.Images {
		if i == nil {
			continue
		}
		found := text(i.Scan)
		if s := r.scan(i.Component); s != nil {
			found = text(s.findings())
		}
		notes := ""
		if i.Kept {
			notes = ", kept of an earlier run"
		}
		if len(i.Unpinned) > 0 {
			notes += ", built on what nobody pinned: " + text(strings.Join(i.Unpinned, ", "))
		}
		rows = append(rows, []string{
			"**" + text(i.Component) + "**", code(named(i)), code(i.Digest), text(strings.Join(i.Platforms, ", ")), bytes(i.Size), found + notes,
		})
	}
	if len(rows) > 0 {
		p.line("\n### Images")
	}
	p.table([]string{"Component", "Image", "Digest", "Platforms", "Size", "Findings"}, rows)
}

// writeScans has the findings that stop images, those of the worst first.
func (r Run) writeScans(p *paper) {
	var rows [][]string
	for _, s := range r.Scans {
		for _, f := range s.Findings {
			if !f.worst() {
				continue
			}
			severity := f.Severity
			if f.New {
				severity += ", new"
			}
			what := orElse(f.Package+" "+f.Installed, f.Title)
			rows = append(rows, []string{text(s.Component), text(s.Platform), text(severity), linked(text(f.ID), f.URL), text(what), text(orElse(f.Accepted, f.MendedBy))})
		}
	}
	if len(rows) > 0 {
		p.line("\n### Findings\n")
	}
	for _, said := range r.newOnes() {
		p.line("- " + text(said))
	}
	p.table([]string{"Component", "Platform", "Severity", "Finding", "In", "Mended by"}, rows)
}

func (r Run) writeChange(p *paper) {
	c := r.Change
	if c == nil {
		return
	}
	p.line("\n### Manifests\n")
	switch {
	case c.PullRequest != "":
		p.line("The change waits in " + linked(text(c.PullRequest), c.PullRequest) + ".")
	case c.Commit != "":
		p.line("Commit " + linked(code(c.Commit), commitLink(r.Links.Gitops, c.Commit)) + ".")
	case len(c.Files) == 0:
		p.line("Nothing to change.")
	default:
		p.line("Changed, and not committed: " + code(strings.Join(c.Files, ", ")) + ".")
	}
	for _, note := range append(append([]string{}, c.Notes...), c.Kept...) {
		p.line("- " + text(note))
	}
	if c.Diff != "" {
		p.folded("Difference of the rendered manifests", "diff", c.Diff)
	}
}

func firstOf(texts []string) string {
	switch len(texts) {
	case 0:
		return ""
	case 1:
		return texts[0]
	}
	return fmt.Sprintf("%s (and %d more)", texts[0], len(texts)-1)
}

// named is an image by its first tag.
func named(i *record.Image) string {
	if len(i.Tags) == 0 {
		return i.Repository
	}
	return i.Repository + ":" + i.Tags[0]
}

// firstLine is the first line of a failure that says something.
func firstLine(of string) string {
	for line := range strings.Lines(plain.Text(of)) {
		if line = strings.TrimSpace(line); line != "" {
			if len(line) > 200 {
				line = strings.ToValidUTF8(line[:200], "") + "…"
			}
			return line
		}
	}
	return ""
}
