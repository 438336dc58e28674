package ground

import (
	"errors"
	"net/url"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// Level is how far the code that runs is trusted. What one level keeps, another
// never reads.
type Level string

// The levels that there are.
const (
	// Untrusted is code that nobody has reviewed, such as a pull request's.
	Untrusted Level = "untrusted"
	// Reviewed is code that the caller answers for, of a repository that the caller
	// names.
	Reviewed Level = "reviewed"
	// Delivering is what a delivery, or a publication, builds and checks.
	Delivering Level = "delivery"
)

// Trust is how far a call's code is trusted, and whose it is by the caller's word.
// The zero value is of code that nobody answers for.
type Trust struct {
	Level      Level
	Repository string
	// Said tells that the caller said so of what nobody has reviewed, so that it is
	// never delivered.
	Said bool
}

// TrustOf is what the caller says of the source: that it is untrusted, or that it
// is reviewed code of a repository.
func TrustOf(untrusted bool, repository string) Trust {
	t := Trust{Level: Untrusted, Repository: repository, Said: untrusted}
	if repository != "" && !untrusted {
		t.Level = Reviewed
	}
	return t
}

// Check refuses what says both.
func (t Trust) Check() error {
	switch {
	case t.Said && t.Repository != "":
		return errors.New("the source is untrusted, by --untrusted, and trusted, by with-trust. Say one of them")
	case t.Repository == "":
		return errors.New("with-trust names no repository. Give one, such as --repository pingvas/pingvas-studio")
	}
	return nil
}

// ErrUntrusted refuses to deliver what the caller calls untrusted.
var ErrUntrusted = errors.New("the source is untrusted, by --untrusted, and what is untrusted is never published. Leave it out for reviewed code")

// ForDelivery is the trust of a delivery.
func (t Trust) ForDelivery() (Trust, error) {
	if t.Said {
		return t, ErrUntrusted
	}
	t.Level = Delivering
	return t, nil
}

// Key is what names of caches begin with: no source decides it.
func (t Trust) Key() string {
	level := t.Level
	if level == "" {
		level = Untrusted
	}
	if t.Repository == "" {
		return string(level)
	}
	return string(level) + "." + url.PathEscape(t.Repository)
}

// KeepsOfCode tells whether anything may be kept that code of the repository can
// write: a wrong entry of what is kept might decide a verdict, so it is only where
// the caller answers for all who write, and nothing is shipped by that verdict.
func (t Trust) KeepsOfCode() bool { return t.Level == Reviewed && t.Repository != "" }

// Volume is a cache volume of this trust alone.
func (t Trust) Volume(name string) Volume {
	return Volume{Name: name + "." + t.Key(), Sharing: dagger.CacheSharingModeShared}
}
