package attest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

// Key signs.
type Key struct{ private *ecdsa.PrivateKey }

// PublicKey checks what the key that it belongs to has signed.
type PublicKey struct{ public *ecdsa.PublicKey }

// ParseKey reads an ECDSA P-256 key in PEM: of PKCS #8 or SEC 1, or cosign's,
// which a password opens. No message holds anything of it.
func ParseKey(text, password []byte) (Key, error) {
	const advice = "make one with: openssl ecparam -name prime256v1 -genkey -noout"
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, errors.New("signing key: it is no PEM; " + advice)
	}
	encrypted := false
	switch block.Type {
	case "ENCRYPTED COSIGN PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY":
		encrypted = true
	case "PRIVATE KEY", "EC PRIVATE KEY":
	case "EC PARAMETERS":
		return Key{}, errors.New("signing key: it begins with EC PARAMETERS; " + advice)
	default:
		return Key{}, fmt.Errorf("signing key: a PEM of %q is none that can be used; %s", block.Type, advice)
	}
	switch {
	case encrypted && len(password) == 0:
		return Key{}, errors.New("signing key: the key is encrypted. Give its password with --password env:COSIGN_PASSWORD")
	case !encrypted && len(password) > 0:
		return Key{}, errors.New("signing key: a password is given, and the key is not encrypted. Leave out --password")
	}
	parsed, err := cryptoutils.UnmarshalPEMToPrivateKey(text, cryptoutils.StaticPasswordFunc(password))
	if err != nil && encrypted {
		return Key{}, fmt.Errorf("signing key: the password does not open the key: %w. Check --password, or make a key with: cosign generate-key-pair", err)
	}
	private, isEC := parsed.(*ecdsa.PrivateKey)
	if !isEC || private.Curve != elliptic.P256() {
		return Key{}, errors.New("signing key: it is no ECDSA key on the curve P-256; " + advice)
	}
	return Key{private}, nil
}

// Public is what others check with.
func (k Key) Public() PublicKey { return PublicKey{&k.private.PublicKey} }

// Verifier believes this key.
func (k Key) Verifier(context.Context) (Verifier, error) { return k.Public(), nil }

func (p PublicKey) String() string { return "this key" }

// ParsePublicKey reads a public key in PEM, as openssl ec -pubout and cosign
// write it.
func ParsePublicKey(text []byte) (PublicKey, error) {
	parsed, err := cryptoutils.UnmarshalPEMToPublicKey(text)
	if err != nil {
		return PublicKey{}, fmt.Errorf("public key: it is no PEM of a PUBLIC KEY: %w. Write it with: openssl ec -in KEY -pubout", err)
	}
	public, isEC := parsed.(*ecdsa.PublicKey)
	if !isEC {
		return PublicKey{}, errors.New("public key: it is no ECDSA key. Give the one that belongs to the signing key")
	}
	return PublicKey{public}, nil
}

// PEM writes the key for others.
func (p PublicKey) PEM() ([]byte, error) {
	text, err := cryptoutils.MarshalPublicKeyToPEM(p.public)
	if err != nil {
		return nil, fmt.Errorf("write the public key: %w", err)
	}
	return text, nil
}

// checker checks single signatures. Whatever the curve, cosign hashes by SHA-256.
func (p PublicKey) checker() (signature.Verifier, error) {
	return signature.LoadECDSAVerifier(p.public, crypto.SHA256)
}

// verifier checks bundles. It does without a log: who has the key says when.
func (p PublicKey) verifier() (*verify.Verifier, error) {
	checker, err := p.checker()
	if err != nil {
		return nil, err
	}
	always := root.NewExpiringKey(checker, time.Time{}, time.Time{})
	trusted := root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) { return always, nil })
	return verify.NewVerifier(trusted, verify.WithNoObserverTimestamps())
}
