package gitops

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// CheckAddress finds out whether a GitOps repository can be spoken to by that
// address: a URL without credentials, which would be seen in logs and processes.
func CheckAddress(repository, branch string) error {
	at, err := url.Parse(repository)
	switch {
	case err != nil:
		// Not the address itself: it may have a password in it.
		return errors.New("GitOps repository: the address is no URL. Give one such as https://github.com/pingvas/pingvas-gitops.git")
	case at.User != nil && at.Scheme != "ssh":
		return errors.New("GitOps repository: the URL has credentials in it, where logs and processes show them. Give them with --username and --token")
	}
	if err := names.Branch(branch); err != nil {
		return fmt.Errorf("GitOps repository: %w", err)
	}
	return nil
}
