package argocd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ErrFailed says that a sync failed, or that what was synced is not healthy:
// waiting longer would not help.
var ErrFailed = errors.New("the deployment failed")

// ErrNotYet says that the time was over first.
var ErrNotYet = errors.New("the deployment is not there yet")

// Wait looks at an application until it is synced and healthy, at the given
// revision where one is given. A sync that failed ends the waiting at once, and
// so does the limit; both errors say what Argo CD says.
func (s Server) Wait(ctx context.Context, name, revision string, limit time.Duration) (Status, error) {
	deadline := time.Now().Add(limit)
	for first := true; ; first = false {
		status, err := s.Status(ctx, name, first)
		if err != nil {
			return status, err
		}
		switch {
		case status.arrived(revision):
			return status, nil
		case status.failed(revision):
			return status, fmt.Errorf("wait for %s: %w: %s. Look at the application in Argo CD", name, ErrFailed, status)
		case time.Now().Add(s.pause).After(deadline):
			return status, fmt.Errorf("wait for %s: %w after %s: %s. Wait longer, or look at the application in Argo CD", name, ErrNotYet, limit, status)
		}
		select {
		case <-ctx.Done():
			return status, fmt.Errorf("wait for %s: %w", name, context.Cause(ctx))
		case <-time.After(s.pause):
		}
	}
}

// at tells whether the status is of the revision, or of any when none is given.
func (s Status) at(revision string) bool {
	return revision == "" || strings.HasPrefix(s.Revision, revision)
}

func (s Status) arrived(revision string) bool {
	return s.at(revision) && s.Sync == "Synced" && s.Health == "Healthy" && s.Phase != "Running"
}

// failed does not take Degraded for the end: pods that start anew are so for a
// moment, and Argo CD turns to Healthy by itself. Nor does it take the failure
// of an earlier commit for that of one whose sync has not begun.
func (s Status) failed(revision string) bool {
	return s.at(revision) && strings.HasPrefix(s.Operated, revision) && (s.Phase == "Failed" || s.Phase == "Error")
}

// String says it in one line.
func (s Status) String() string {
	text := fmt.Sprintf("%s, %s, at %.12s", s.Sync, s.Health, s.Revision)
	if s.Phase != "" {
		text += ", last operation " + s.Phase
	}
	if s.Message != "" {
		text += " (" + s.Message + ")"
	}
	if len(s.Conditions) > 0 {
		text += "; " + strings.Join(s.Conditions, "; ")
	}
	return text
}

// Rollback has Argo CD deploy an earlier entry of an application's history.
// Under automated sync it is refused, as Argo CD itself refuses it: the next
// look at the repository would undo it.
func (s Server) Rollback(ctx context.Context, name string, id int64) error {
	status, err := s.Status(ctx, name, false)
	if err != nil {
		return err
	}
	if status.Automated {
		return fmt.Errorf("roll %s back to %d: automated sync is on, so Argo CD would deploy the repository's state again at once. Roll back in the repository, with gitops rollback", name, id)
	}
	if !slices.ContainsFunc(status.History, func(d Deployment) bool { return d.ID == id }) {
		return fmt.Errorf("roll %s back to %d: its history has no such entry. Name one of those that status shows", name, id)
	}
	body := map[string]any{"name": name, "id": id, "prune": true}
	if err := s.call(ctx, http.MethodPost, "/api/v1/applications/"+name+"/rollback", body, nil); err != nil {
		return fmt.Errorf("roll %s back to %d: %w", name, id, err)
	}
	return nil
}
