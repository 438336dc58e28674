package attest

import (
	"errors"
	"fmt"
	"net/url"
)

// Check refuses a builder or a source that provenance cannot name, or would
// tell the password of.
func (b Build) Check() error {
	return errors.Join(checkURI("builder", b.Builder), checkURI("repository", b.Source))
}

func checkURI(name, uri string) error {
	parsed, err := url.Parse(uri)
	if err != nil || parsed.User != nil || uri != "" && parsed.Scheme == "" {
		return fmt.Errorf("signing: the %s is no URI without credentials. Give one such as https://github.com/pingvas/pingvas-studio", name)
	}
	return nil
}
