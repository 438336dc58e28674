package gitops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
)

// Recent is what of an environment's history a report tells.
type Recent struct {
	// Changes are the last that the environment got, newest first.
	Changes []Step
	// Scans say in a line what was found in the image of a component that was delivered
	// last, as far as that was recorded, and Findings name the worst of that.
	Scans, Findings map[string]string
}

// Step is a change that an environment got.
type Step struct {
	// Time is when, Subject what, and How by what, as of a pin.
	Time    time.Time `json:"time"`
	Subject string    `json:"subject"`
	How     string    `json:"how"`
	// Commit is the one of the GitOps repository, and Run the address of the run that
	// made it.
	Commit string `json:"commit"`
	Run    string `json:"run"`
}

// mostRecent is how many changes a report tells of.
const mostRecent = 20

// Recently tells of an environment's last changes; of a directory without history,
// nothing.
func Recently(ctx context.Context, dir, environment string) (Recent, error) {
	recent := Recent{Scans: map[string]string{}, Findings: map[string]string{}}
	if !hasHistory(dir) {
		return recent, nil
	}
	commits, err := gitrepo.Log(ctx, dir, "apps/overlays/"+environment)
	if err != nil {
		return recent, fmt.Errorf("recent changes of %s: %w", environment, err)
	}
	for _, c := range commits {
		if len(recent.Changes) < mostRecent {
			recent.Changes = append(recent.Changes, Step{Time: c.Time, Subject: c.Subject, How: Pin{Commit: c}.How(), Commit: c.Hash, Run: c.Trailer(trailerRun)})
		}
		recent.scanned(c)
	}
	byLastPart(recent.Scans)
	byLastPart(recent.Findings)
	return recent, nil
}

// scanned adds what a commit says of scans, of components that no later one says it of.
func (r Recent) scanned(c gitrepo.Commit) {
	of := map[string]bool{}
	for _, t := range c.Trailers {
		component, said, _ := strings.Cut(t.Value, " ")
		switch _, later := r.Scans[component]; {
		case t.Key == trailerScan && !later:
			r.Scans[component], of[component] = said, true
		case t.Key == trailerFindings && of[component]:
			r.Findings[component] = said
		}
	}
}
