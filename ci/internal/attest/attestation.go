package attest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sigstore/sigstore-go/pkg/sign"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// Attest signs that the predicate holds for the image of that digest.
func (k Key) Attest(ctx context.Context, predicateType, repository, digest string, predicate []byte) (Document, error) {
	payload, err := Statement(predicateType, repository, digest, predicate)
	if err != nil {
		return Document{}, err
	}
	fail := func(err error) (Document, error) {
		return Document{}, fmt.Errorf("attest %s of %s@%s: %w", predicateType, repository, digest, err)
	}
	signed, err := sign.Bundle(&sign.DSSEData{Data: payload, PayloadType: InToto}, keypair{k}, sign.BundleOptions{Context: ctx})
	if err != nil {
		return fail(err)
	}
	document, err := Bundle(predicateType, signed)
	if err != nil {
		return fail(err)
	}
	return document, nil
}

// VerifyAttestation checks that a bundle is this key's, and says what is asked
// for of the image of that digest. It returns what is said.
func (p PublicKey) VerifyAttestation(d Document, predicateType, digest string) (json.RawMessage, error) {
	verifier, err := p.verifier()
	if err != nil {
		return nil, err
	}
	// Which image it is said of, Stated finds out, with an error of its own.
	payload, err := d.Signed(verifier, verify.NewPolicy(verify.WithoutArtifactUnsafe(), verify.WithKey()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotByKey, err)
	}
	return Stated(payload, predicateType, digest)
}

var errNotByKey = errors.New("the signature is not by this key, or what was signed has been changed")
