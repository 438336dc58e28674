package publishing

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/sigstore"
)

// Believed is whom to believe: a key, or an identity by the word of a trusted
// root, which is that of Sigstore's public services when absent.
func Believed(ctx context.Context, publicKey, trustedRoot *dagger.File, who sigstore.Identity) (attest.Verifier, error) {
	if (publicKey != nil) == (who.Subject != "" || who.SubjectPattern != "") {
		return nil, errors.New("give whom to believe: either --public-key, or --certificate-identity or --certificate-identity-regexp")
	}
	if publicKey != nil {
		text, err := publicKey.Contents(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the public key: %w", err)
		}
		return attest.ParsePublicKey([]byte(text))
	}
	root, err := trusted(ctx, trustedRoot)
	if err != nil {
		return nil, err
	}
	return sigstore.NewVerifier(root, who)
}

// trusted is the root of a file, or of Sigstore's public services.
func trusted(ctx context.Context, file *dagger.File) (*sigstore.Root, error) {
	if file == nil {
		return sigstore.PublicRoot()
	}
	text, err := file.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the trusted root: %w", err)
	}
	return sigstore.ReadRoot([]byte(text))
}
