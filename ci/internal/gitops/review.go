package gitops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/review"
)

// most is a little less than what GitHub takes as a pull request's text, which is
// the least that any platform does.
const most = 60000

// Review is the pull request for a proposal: what changes, what was found in the
// images, where they come from, and the rendered difference.
func Review(p Proposal, environment, base string) review.Request {
	var text strings.Builder
	fmt.Fprintf(&text, "Merging this changes what **%s** runs. Argo CD deploys it from the merged commit.\n\n", environment)
	text.WriteString("| Component | From | To | Digest | Scan | Run |\n|---|---|---|---|---|---|\n")
	for _, w := range p.Waiting {
		fmt.Fprintf(&text, "| %s | %s | `%s` | `%s` | %s | %s |\n", w.Image.Name,
			orDash(code(w.Replaces.NewTag)), w.Image.NewTag, w.Image.Digest, orDash(w.Scan()), orDash(link(w.Commit.Trailer(trailerRun))))
	}
	for _, line := range slices.Concat(p.Notes, p.Kept) {
		fmt.Fprintf(&text, "\n- %s", line)
	}
	diff := p.Diff
	if len(diff) > most {
		diff = diff[:strings.LastIndex(diff[:most], "\n")+1] + "(cut: see the commit for the rest)\n"
	}
	fmt.Fprintf(&text, "\n\n<details><summary>Rendered manifests</summary>\n\n````diff\n%s````\n\n</details>\n", diff)
	return review.Request{Head: Topic(environment), Base: base, Title: p.title(environment), Body: text.String()}
}

// title is the subject of the only commit, or says how much waits.
func (p Proposal) title(environment string) string {
	if len(p.Commits) == 1 {
		return p.Commits[0].Subject
	}
	return fmt.Sprintf("chore: update %d images in %s", len(p.Waiting), environment)
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func link(address string) string {
	if !strings.HasPrefix(address, "https://") {
		return address
	}
	return "[run](" + address + ")"
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return strings.ReplaceAll(text, "|", `\|`)
}
