package attest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
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
	switch {
	case block == nil:
		return Key{}, errors.New("signing key: it is no PEM; " + advice)
	case block.Type == "EC PARAMETERS":
		return Key{}, errors.New("signing key: it begins with EC PARAMETERS; " + advice)
	}
	block, err := decrypted(block, password)
	if err != nil {
		return Key{}, fmt.Errorf("signing key: %w", err)
	}
	if block.Type != "PRIVATE KEY" && block.Type != "EC PRIVATE KEY" {
		return Key{}, fmt.Errorf("signing key: a PEM of %q is none that can be used; %s", block.Type, advice)
	}
	private, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		var parsed any
		if parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			private, _ = parsed.(*ecdsa.PrivateKey)
		}
	}
	if err != nil || private == nil || private.Curve != elliptic.P256() {
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
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return PublicKey{}, errors.New("public key: it is no PEM of a PUBLIC KEY; write it with: openssl ec -in KEY -pubout")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return PublicKey{}, fmt.Errorf("public key: %w", err)
	}
	public, isEC := parsed.(*ecdsa.PublicKey)
	if !isEC {
		return PublicKey{}, errors.New("public key: it is no ECDSA key; give the one that belongs to the signing key")
	}
	return PublicKey{public}, nil
}

// PEM writes the key for others.
func (p PublicKey) PEM() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(p.public)
	if err != nil {
		return nil, fmt.Errorf("write the public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// hint names a key among several, as cosign does.
func (p PublicKey) hint() string {
	der, err := x509.MarshalPKIXPublicKey(p.public)
	if err != nil {
		return "" // It is a hint only; checking does not use it.
	}
	sum := sha256.Sum256(der)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (k Key) sign(message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	// Without a source of randomness the signature is that of RFC 6979.
	return k.private.Sign(nil, sum[:], crypto.SHA256)
}

func (p PublicKey) verifies(message, signature []byte) bool {
	sum := sha256.Sum256(message)
	return ecdsa.VerifyASN1(p.public, sum[:], signature)
}
