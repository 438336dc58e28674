package attest

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/nacl/secretbox"
	"golang.org/x/crypto/scrypt"
)

// The names that cosign has for an encrypted key: the first is the older one.
const (
	cosignKey   = "ENCRYPTED COSIGN PRIVATE KEY"
	sigstoreKey = "ENCRYPTED SIGSTORE PRIVATE KEY"
)

// encryptedKey is what such a PEM holds: a box of NaCl, and how its key is made
// of a password.
type encryptedKey struct {
	KDF struct {
		Name   string
		Params struct{ N, R, P int }
		Salt   []byte
	}
	Cipher struct {
		Name  string
		Nonce []byte
	}
	Ciphertext []byte
}

// mostMemory is what deriving a key may take; cosign's takes 64 MiB.
const mostMemory = 1 << 30

// decrypted is the PEM of the key in an encrypted one. Others pass as they are.
func decrypted(block *pem.Block, password []byte) (*pem.Block, error) {
	if block.Type != cosignKey && block.Type != sigstoreKey {
		if len(password) > 0 {
			return nil, errors.New("a password is given, and the key is not encrypted. Leave out --password")
		}
		return block, nil
	}
	if len(password) == 0 {
		return nil, errors.New("the key is encrypted. Give its password with --password env:COSIGN_PASSWORD")
	}
	var e encryptedKey
	if err := json.Unmarshal(block.Bytes, &e); err != nil {
		return nil, errors.New("the encrypted key is not as cosign writes it; make one with: cosign generate-key-pair")
	}
	params := e.KDF.Params
	if e.KDF.Name != "scrypt" || e.Cipher.Name != "nacl/secretbox" || len(e.Cipher.Nonce) != 24 {
		return nil, fmt.Errorf("the key is encrypted with %q and %q, not as cosign does; make one with: cosign generate-key-pair", e.KDF.Name, e.Cipher.Name)
	}
	if params.N <= 0 || params.R <= 0 || params.N > mostMemory/128/params.R {
		return nil, errors.New("the encrypted key asks for more memory than any of cosign's; make one with: cosign generate-key-pair")
	}
	derived, err := scrypt.Key(password, e.KDF.Salt, params.N, params.R, params.P, 32)
	if err != nil {
		return nil, fmt.Errorf("the encrypted key's parameters: %w", err)
	}
	opened, ok := secretbox.Open(nil, e.Ciphertext, (*[24]byte)(e.Cipher.Nonce), (*[32]byte)(derived))
	if !ok {
		return nil, errors.New("the password does not open the key, or the key has been changed. Check --password")
	}
	return &pem.Block{Type: "PRIVATE KEY", Bytes: opened}, nil
}
