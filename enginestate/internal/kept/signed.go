package kept

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
)

// Envelope is a manifest and who vouches for it, in the form of DSSE.
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     []byte      `json:"payload"`
	Signatures  []Signature `json:"signatures"`
}

// Signature is one of an envelope's.
type Signature struct {
	Sig []byte `json:"sig"`
}

const manifestType = "application/vnd.pingvas-ci.engine-state.manifest.v1+json"

// signed is what a signature is of: the manifest, and that it is one.
func signed(manifest []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(manifestType), manifestType, len(manifest), manifest)
}

// Digest names a manifest, and with it the state.
func Digest(manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Seal signs a manifest, unless there is no key.
func Seal(manifest []byte, key crypto.Signer) ([]byte, error) {
	envelope := Envelope{PayloadType: manifestType, Payload: manifest, Signatures: []Signature{}}
	if key != nil {
		message, hash := signed(manifest), crypto.Hash(0)
		if _, whole := key.(ed25519.PrivateKey); !whole {
			sum := sha256.Sum256(message)
			message, hash = sum[:], crypto.SHA256
		}
		sig, err := key.Sign(rand.Reader, message, hash)
		if err != nil {
			return nil, fmt.Errorf("sign the manifest: %w", err)
		}
		envelope.Signatures = append(envelope.Signatures, Signature{sig})
	}
	return json.Marshal(envelope)
}

// Proof is what a reader asks of a state: a signature by the key, the digest,
// or nothing.
type Proof struct {
	Key    crypto.PublicKey
	Digest string
}

// None tells that nothing is asked.
func (p Proof) None() bool { return p.Key == nil && p.Digest == "" }

// Open returns the manifest of an envelope that gives the proof.
func (p Proof) Open(data []byte) ([]byte, error) {
	var envelope Envelope
	if err := json.Unmarshal(data, &envelope); err != nil || envelope.PayloadType != manifestType {
		return nil, errors.New("its manifest cannot be read")
	}
	if p.Digest != "" && Digest(envelope.Payload) != p.Digest {
		return nil, fmt.Errorf("its digest is %s, and %s is wanted", Digest(envelope.Payload), p.Digest)
	}
	if p.Key == nil {
		return envelope.Payload, nil
	}
	if len(envelope.Signatures) == 0 {
		return nil, errors.New("it is not signed")
	}
	for _, signature := range envelope.Signatures {
		if verifies(p.Key, signed(envelope.Payload), signature.Sig) {
			return envelope.Payload, nil
		}
	}
	return nil, errors.New("it is signed by another key, or was changed since")
}

func verifies(key crypto.PublicKey, message, sig []byte) bool {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, sig)
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(message)
		return ecdsa.VerifyASN1(key, sum[:], sig)
	}
	return false
}

// SigningKey reads a private key in PEM: Ed25519 or ECDSA, as `openssl genpkey`
// writes them.
func SigningKey(text []byte) (crypto.Signer, error) {
	block, err := onlyBlock(text)
	if err != nil {
		return nil, err
	}
	var key any
	if block.Type == "EC PRIVATE KEY" {
		key, err = x509.ParseECPrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key: %w. One that `openssl genpkey -algorithm ed25519` writes will do", err)
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		return key, nil
	}
	return nil, fmt.Errorf("the key is a %T. One that `openssl genpkey -algorithm ed25519` writes will do", key)
}

// VerifyingKey reads a public key in PEM, or takes that of a private one.
func VerifyingKey(text []byte) (crypto.PublicKey, error) {
	block, err := onlyBlock(text)
	if err != nil {
		return nil, err
	}
	if block.Type != "PUBLIC KEY" {
		key, err := SigningKey(text)
		if err != nil {
			return nil, err
		}
		return key.Public(), nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the public key: %w", err)
	}
	switch key := key.(type) {
	case ed25519.PublicKey, *ecdsa.PublicKey:
		return key, nil
	}
	return nil, fmt.Errorf("the public key is a %T; Ed25519 and ECDSA are known", key)
}

func onlyBlock(text []byte) (*pem.Block, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the key is not in PEM. One that `openssl genpkey -algorithm ed25519` writes will do")
	}
	return block, nil
}
