package ground

import (
	"context"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// Plaintext reads a secret, or nothing when there is none.
func Plaintext(ctx context.Context, secret *dagger.Secret, what string) (string, error) {
	if secret == nil {
		return "", nil
	}
	text, err := secret.Plaintext(ctx)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("%s is empty. Give it, or leave the option out", what)
	}
	return text, nil
}

// Optional reads a secret that may be empty, as a fork's pull request is given
// none: nothing then, too.
func Optional(ctx context.Context, secret *dagger.Secret, what string) (string, error) {
	if secret == nil {
		return "", nil
	}
	text, err := secret.Plaintext(ctx)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	return strings.TrimSpace(text), nil
}
