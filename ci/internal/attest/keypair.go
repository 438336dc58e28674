package attest

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"

	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
)

// keypair is a key as Sigstore's library takes one.
type keypair struct{ Key }

func (k keypair) GetHashAlgorithm() protocommon.HashAlgorithm {
	return protocommon.HashAlgorithm_SHA2_256
}

func (k keypair) GetSigningAlgorithm() protocommon.PublicKeyDetails {
	return protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256
}

func (k keypair) GetKeyAlgorithm() string        { return "ECDSA" }
func (k keypair) GetPublicKey() crypto.PublicKey { return k.private.Public() }

func (k keypair) GetPublicKeyPem() (string, error) {
	text, err := k.Public().PEM()
	return string(text), err
}

// GetHint names a key among several, as cosign does.
func (k keypair) GetHint() []byte {
	der, err := x509.MarshalPKIXPublicKey(k.private.Public())
	if err != nil {
		return nil // It is a hint only; checking does not use it.
	}
	sum := sha256.Sum256(der)
	return []byte(base64.StdEncoding.EncodeToString(sum[:]))
}

// SignData returns the signature of the data, and what was signed: its digest.
func (k keypair) SignData(_ context.Context, data []byte) (value, digest []byte, err error) {
	sum := sha256.Sum256(data)
	// Without a source of randomness the signature is that of RFC 6979.
	value, err = k.private.Sign(nil, sum[:], crypto.SHA256)
	return value, sum[:], err
}
