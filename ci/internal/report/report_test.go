package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/report"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

var began = time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)

const commit = "62f31332f3726e7365088a6416105e0621048df9"

func passed(component, name string, after, took time.Duration) record.Step {
	return record.Step{Component: component, Name: name, Started: began.Add(after)}.Done("", took, nil)
}

// failing is a step of the component a that failed.
func failing(name, printed string) record.Step {
	s := record.Step{Component: "a", Name: name, Started: began}.Done("", time.Second, assert.AnError)
	s.Failure, s.Printed = "command \"tool .\" failed with exit code 1:\n    "+strings.ReplaceAll(printed, "\n", "\n    "), printed
	return s
}

func of(name string) affected.Record {
	return affected.Record{Name: name, Kind: "python", Path: "services/" + name, Reasons: []string{"services/" + name + "/main.py: its directory"}}
}

// delivered is a delivery that has everything in it.
func delivered() report.Run {
	a := of("user-service")
	a.Narrowed = []string{"gate typecheck is off: mypy is not asked for"}
	run := report.OfDelivery(record.Delivery{
		Environment: "dev", Commit: commit, Passed: true, Seconds: 134.2, Affected: []affected.Record{a},
		Held: []string{"payment-service stays at abc: it was rolled back"},
		Components: []*record.Image{{
			Component: "user-service", Repository: "registry.example/user-service", Tags: []string{commit, "develop-latest"}, Digest: "sha256:" + strings.Repeat("a", 64),
			Platforms: []string{"linux/arm64"}, Size: 52_000_000, Scan: "1 high in 113 packages",
		}},
		Steps: []record.Step{
			passed("", "plan", 0, time.Second), passed("user-service", "lint", time.Second, 1500*time.Millisecond), passed("user-service", "test", time.Second, 4*time.Second),
			passed("user-service", "image linux/arm64", 6*time.Second, 9*time.Second), passed("user-service", "scan linux/arm64", 15*time.Second, 2*time.Second),
			passed("user-service", "publish", 18*time.Second, time.Second), passed("", "gitops dev", 20*time.Second, time.Second),
		},
		Change: &record.Change{Commit: strings.Repeat("d", 40), Files: []string{"a.yaml"}, Notes: []string{"a note"}, Diff: "--- Deployment before\n+++ Deployment after\n@@ -1 +1 @@\n-old: 1\n+new: 2\n"},
	})
	run.Links = report.Links{Source: "https://github.com/pingvas/studio.git", Gitops: "https://github.com/pingvas/gitops.git", Run: "https://github.com/pingvas/studio/actions/runs/1"}
	run.Said = map[string]string{"user-service": "2 low in 110 packages"}
	run.Named = map[string]string{"user-service": "none"}
	run.Before = []gitops.Step{{Time: began.Add(-time.Hour), Subject: "chore: update user-service image to abc", How: "bump", Commit: strings.Repeat("e", 40)}}
	scan := report.ScanOf("user-service", "linux/arm64", "1 high in 113 packages", trivy.Counts{High: 1}, []trivy.Account{{
		Finding: trivy.Finding{ID: "CVE-2026-0001", Severity: trivy.High, Package: "starlette", Installed: "0.36.0", Fixed: "0.40.0", Kind: trivy.KindVulnerability, URL: "https://avd.example/CVE-2026-0001"},
	}})
	scan.Layers = []report.Layer{
		{Digest: "sha256:" + strings.Repeat("b", 64), Size: 30_000_000, Owner: "BASE", CreatedBy: "# debian.sh <b>"},
		{Digest: "sha256:" + strings.Repeat("c", 64), Size: 10_000_000, Owner: "COMPONENT", CreatedBy: strings.Repeat("x", 400)},
	}
	return run.WithScan(scan)
}

func TestSummaryOfADelivery(t *testing.T) {
	said := delivered().Summary()
	for _, line := range []string{
		"## ✅ Delivery of 62f31332f372 to dev",
		"1 component · 2 min 14 s · [`62f31332f372`](<https://github.com/pingvas/studio/commit/" + commit + ">) · GitOps [`dddddddddddd`](<https://github.com/pingvas/gitops/commit/" + strings.Repeat("d", 40) + ">) · [run](<https://github.com/pingvas/studio/actions/runs/1>)",
		"| **user-service** | python | `services/user-service` | services/user-service/main.py: its directory | 17.5 s |",
		"| Component | lint | test |", "| user-service | ✅ 1.5 s | ✅ 4.0 s |",
		"- user-service: gate typecheck is off: mypy is not asked for",
		"- payment-service stays at abc: it was rolled back",
		"| **user-service** | `registry.example/user-service:" + commit + "` | `sha256:" + strings.Repeat("a", 64) + "` | linux/arm64 | 52 MB | 1 high; new: 1 high |",
		"- user-service: new since its last delivery: CVE-2026-0001 starlette\n",
		"| user-service | linux/arm64 | HIGH, new | [CVE-2026-0001](<https://avd.example/CVE-2026-0001>) | starlette 0.36.0 | package starlette at version 0.40.0 |",
		"<details><summary>Difference of the rendered manifests</summary>", "```diff\n--- Deployment before\n",
	} {
		assert.Contains(t, said, line)
	}
	assert.NotContains(t, said, "What failed")
}

// TestWhatIsNew: findings are new by their names, where those of the last delivery are
// known.
func TestWhatIsNew(t *testing.T) {
	for known, says := range map[string]string{
		"none":                       "a: new since its last delivery: CVE-1 h11, DS-2",
		"CVE-1/h11, CVE-9/perl-base": "a: new since its last delivery: DS-2",
		"CVE-1/h11, DS-2":            "a: none is new",
		"":                           "a: which are new is not known, as its last delivery recorded none by name",
		"CVE-1/h11 and 3 more":       "a: which are new is not known, as its last delivery had more than it recorded by name",
	} {
		run := report.OfDelivery(record.Delivery{Environment: "dev", Commit: commit, Passed: true, Affected: []affected.Record{of("a")}})
		run.Said, run.Named = map[string]string{"a": "1 high in 3 packages"}, map[string]string{"a": known}
		for _, platform := range []string{"linux/arm64", "linux/amd64"} {
			run = run.WithScan(report.ScanOf("a", platform, "", trivy.Counts{High: 2, Low: 1}, []trivy.Account{
				{Finding: trivy.Finding{ID: "CVE-1", Package: "h11", Severity: trivy.High}}, {Finding: trivy.Finding{ID: "DS-2", Severity: trivy.High}},
				{Finding: trivy.Finding{ID: "CVE-3", Package: "h11", Severity: trivy.Low}},
			}))
		}
		said := run.Summary()
		assert.Contains(t, said, "\n- "+says+"\n", known)
		assert.Equal(t, strings.Count(says, "CVE-1 h11")+strings.Count(says, "DS-2"), strings.Count(said, "HIGH, new"), known)
	}
	first := report.OfDelivery(record.Delivery{Environment: "dev", Passed: true}).WithScan(report.ScanOf("a", "linux/arm64", "", trivy.Counts{High: 1}, []trivy.Account{{Finding: trivy.Finding{ID: "CVE-1", Severity: trivy.High}}}))
	assert.NotContains(t, first.Summary(), "new", "there was no delivery before")
}

func TestSummaryOfWhatIsNothing(t *testing.T) {
	assert.Contains(t, report.OfDelivery(record.Delivery{Environment: "dev", Commit: "abc", Passed: true}).Summary(), "dev runs this already. Nothing was built, pushed or committed.")
	assert.Contains(t, report.OfCheck(record.Check{Passed: true}).Summary(), "## ✅ Check of the working tree passed")
	early := report.OfDelivery(record.Delivery{Environment: "Dev!", Failure: "environment name \"Dev!\" is refused"})
	assert.Contains(t, early.Summary(), "### What failed\n\n```\nenvironment name \"Dev!\" is refused\n```")
	assert.Contains(t, early.Annotations(), "::error title=Delivery of the working tree to Dev! failed::environment name")
}

func TestSummaryOfAFailure(t *testing.T) {
	said := report.OfCheck(record.Check{Commit: commit, Base: "origin/main", Affected: []affected.Record{of("a")}, Steps: []record.Step{
		failing("lint", "app/main.py:1:8: F401 [*] `os` imported but unused"), passed("a", "test", 0, time.Second),
	}}).Summary()
	for _, line := range []string{
		"## ❌ Check of 62f31332f372 failed", "since `origin/main`", "| a | lint | `services/a/app/main.py:1` F401 \\`os\\` imported but unused |",
		"<details><summary>a lint</summary>", "    app/main.py:1:8: F401 [*] `os` imported but unused", "| a | ❌ failed, 1.0 s | ✅ 1.0 s |",
	} {
		assert.Contains(t, said, line)
	}
}

// bad is what others may name their files, and have their tools print.
const bad = "</details><script>alert(1)</script> [x](javascript:alert(1)) | ``` @everybody ::error::no ##[command]x <img src=x onerror=alert(1)>\n::add-mask::a\n```\n# Title"

func TestNothingFromOutsideIsMarkUp(t *testing.T) {
	a := of("a")
	a.Path, a.Reasons, a.Narrowed = bad, []string{bad}, []string{bad}
	run := report.OfDelivery(record.Delivery{
		Environment: "dev", Commit: bad, Affected: []affected.Record{a}, Held: []string{bad}, Components: []*record.Image{{Component: "a", Repository: bad, Tags: []string{bad}, Digest: bad, Scan: bad}},
		Steps: []record.Step{failing(bad, bad)}, Change: &record.Change{PullRequest: "javascript:alert(1)", Notes: []string{bad}, Diff: "+" + bad},
	})
	run.Before = []gitops.Step{{Subject: bad, Run: "javascript:alert(1)"}}
	run = run.WithScan(report.ScanOf("a", bad, bad, trivy.Counts{High: 1}, []trivy.Account{{Finding: trivy.Finding{ID: bad, Severity: trivy.High, Package: bad, URL: "javascript:alert(1)"}}}))

	said := run.Summary()
	inBlock := false
	for line := range strings.Lines(said) {
		line = strings.TrimSuffix(line, "\n")
		assert.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "a command: %s", line)
		assert.NotContains(t, line, "##[")
		if strings.HasPrefix(line, "````") { // Longer than the fence in the text.
			inBlock = !inBlock
			continue
		}
		if inBlock || strings.HasPrefix(line, "<details>") { // Of which no line is Markdown.
			assert.NotContains(t, map[bool]string{false: line}[inBlock], "<script")
			continue
		}
		outside := withoutCode(line)
		for _, mark := range []string{"<script", "<img", " [x", " @e"} {
			assert.NotContains(t, outside, mark, line)
		}
		assert.NotRegexp(t, `[^\\]\]\(<?javascript`, outside)
		assert.NotEqual(t, "# Title", line)
	}
	assert.False(t, inBlock, "a block is not closed")
	assert.Equal(t, strings.Count(said, "\n<details>"), strings.Count(said, "\n</details>\n"))

	page, err := run.Page()
	require.NoError(t, err)
	for node := range parsed(t, page).Descendants() {
		assert.NotContains(t, []string{"script", "img"}, node.Data)
		for _, attribute := range node.Attr {
			assert.False(t, attribute.Key == "href" && strings.HasPrefix(attribute.Val, "javascript:"))
			assert.False(t, strings.HasPrefix(attribute.Key, "on"), attribute.Key)
		}
	}
	for line := range strings.Lines(run.Annotations()) {
		assert.Regexp(t, `^::(error|warning|notice) [^\n]*::[^\n]*\n$`, line)
	}
}

// withoutCode is a line of Markdown without what stands in it as code.
func withoutCode(line string) string {
	var out strings.Builder
	for len(line) > 0 {
		at := strings.IndexByte(line, '`')
		if at < 0 || at > 0 && line[at-1] == '\\' {
			if at < 0 {
				out.WriteString(line)
				break
			}
			out.WriteString(line[:at+1])
			line = line[at+1:]
			continue
		}
		out.WriteString(line[:at])
		rest := strings.TrimLeft(line[at:], "`")
		fence := line[at : len(line)-len(rest)]
		end := strings.Index(rest, fence)
		if end < 0 {
			out.WriteString(line[at:])
			break
		}
		line = rest[end+len(fence):]
	}
	return out.String()
}

// hundred is a delivery of a hundred components.
func hundred(diff string) report.Run {
	d := record.Delivery{Environment: "dev", Commit: commit, Passed: true, Change: &record.Change{Diff: diff}}
	var scans []report.Scan
	for i := range 100 {
		name := fmt.Sprintf("service-%03d", i)
		d.Affected = append(d.Affected, of(name))
		d.Components = append(d.Components, &record.Image{Component: name, Repository: "registry.example/" + name, Tags: []string{commit}})
		var found []trivy.Account
		for n := range 90 {
			found = append(found, trivy.Account{Finding: trivy.Finding{ID: fmt.Sprintf("CVE-2026-%04d", n), Severity: trivy.Critical, Package: "package", Title: strings.Repeat("x", 80)}})
		}
		scans = append(scans, report.ScanOf(name, "linux/arm64", "90 critical", trivy.Counts{Critical: 90}, found))
		for n, gate := range []string{"lint", "format", "typecheck", "test", "image linux/arm64", "scan linux/arm64", "publish"} {
			d.Steps = append(d.Steps, passed(name, gate, time.Duration(i+n)*time.Second, time.Duration(n+1)*time.Second))
		}
	}
	run := report.OfDelivery(d)
	for _, s := range scans {
		run = run.WithScan(s)
	}
	return run
}

func TestSummaryIsWithinTheLimit(t *testing.T) {
	for name, run := range map[string]report.Run{
		"a long difference": func() report.Run {
			r := delivered()
			r.Change.Diff = strings.Repeat("+ added: \"value\"\n", 60_000)
			return r
		}(),
		"many findings": hundred(strings.Repeat("-a\n", 200_000)),
		"one long line": func() report.Run { r := delivered(); r.Change.Diff = strings.Repeat("x", 1_100_000); return r }(),
	} {
		if testing.Short() && name != "one long line" {
			continue // The race detector makes them fifteen times as long.
		}
		said := run.Summary()
		assert.LessOrEqual(t, len(said), report.MostSummary, name)
		assert.NotEqual(t, -1, strings.Index(said, "left out"), name)
		assert.Zero(t, strings.Count(said, "\n```")%2, "%s: a block is not closed", name)
		assert.Equal(t, strings.Count(said, "<details>"), strings.Count(said, "</details>"), name)
		for line := range strings.Lines(said) {
			if strings.HasPrefix(line, "| ") {
				assert.True(t, strings.HasSuffix(line, " |\n"), "%s: a row is cut: %s", name, line)
			}
		}
	}
}

func parsed(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	return root
}

func TestPageOfAHundredComponents(t *testing.T) {
	page, err := hundred("+a\n-b\n").Page()
	require.NoError(t, err)
	assert.Less(t, len(page), 4<<20)
	ids, rows, open := map[string]int{}, 0, []string{}
	for node := range parsed(t, page).Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		open = append(open, node.Data)
		for _, a := range node.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val]++
			case a.Key == "src", a.Key == "srcset", a.Key == "href" && node.Data == "link":
				assert.Equal(t, "data:,", a.Val, "the page loads something")
			case a.Key == "class" && a.Val == "row":
				rows++
			}
		}
	}
	assert.Equal(t, 100, rows)
	for id, n := range ids {
		assert.Equal(t, 1, n, id)
	}
	for _, element := range []string{"main", "header", "nav", "h1", "footer", "title"} {
		assert.Contains(t, open, element)
	}
	assert.NotContains(t, open, "script")
	assert.NotContains(t, page, "@import")
	assert.NotContains(t, page, "url(")
	assert.Contains(t, page, "default-src 'none'")
	assert.NotContains(t, page, "ZgotmplZ", "a value does not fit where it stands")
}

func TestPageOfADelivery(t *testing.T) {
	page, err := delivered().Page()
	require.NoError(t, err)
	for _, part := range []string{
		"<h1>Delivery of 62f31332f372 to dev</h1>", "✔ Passed", `<span class="add">&#43;new: 2</span>`, "gate typecheck is off", "1 high; new: 1 high",
		`<span class="severity high">HIGH</span> <strong>new</strong>`, "<li>user-service: new since its last delivery: CVE-2026-0001 starlette</li>",
		"<h3>Layers for linux/arm64: 2 layers, 40 MB: 30 MB of its base, 10 MB its own</h3>",
		`<td class="number">30 MB</td><td class="number">75 %</td><td>the base&#39;s</td><td><code># debian.sh &lt;b&gt;</code></td>`,
		"<td>its own</td><td><code>" + strings.Repeat("x", 300) + "…</code></td>",
		`<a href="https://github.com/pingvas/gitops/commit/` + strings.Repeat("e", 40) + `" rel="noopener noreferrer">eeeeeeeeeeee</a>`,
		`<rect class="image-step" x="285.7" y="1" width="428.6" height="6"><title>image linux/arm64, 9.0 s</title></rect>`,
	} {
		assert.Contains(t, page, part)
	}
	assert.NotContains(t, page, "ZgotmplZ")
}

func TestARunIsReadAsItWasWritten(t *testing.T) {
	before := delivered()
	text, err := before.JSON()
	require.NoError(t, err)
	after, err := report.Read(text)
	require.NoError(t, err)
	assert.Equal(t, before.Summary(), after.Summary())
	_, err = report.Read("no")
	require.Error(t, err)
}

func TestStepsOfShardsAreOnTheLine(t *testing.T) {
	other, untimed := passed("user-service", "typecheck", 0, time.Second), record.Step{Component: "user-service", Name: "old"}
	other.Shard, untimed.Shard = "2/4", "3/4"
	page, err := delivered().WithSteps([]record.Step{other, untimed}).Page()
	require.NoError(t, err)
	assert.Contains(t, page, "typecheck (shard 2/4)")
	assert.NotContains(t, page, "3/4", "it has no place on it")
}

func TestFiles(t *testing.T) {
	files, err := delivered().Files(`{"passed": true}`)
	require.NoError(t, err)
	assert.JSONEq(t, `{"passed": true}`, files["delivery.json"])
	assert.Contains(t, files["changes.diff"], "+new: 2")
	files, err = report.OfCheck(record.Check{}).Files("{}")
	require.NoError(t, err)
	assert.Contains(t, files, "check.json")
	assert.NotContains(t, files, "delivery.json")
}
