package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"path/filepath"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/transparency-dev/tessera"
	posixdriver "github.com/transparency-dev/tessera/storage/posix"
	"github.com/transparency-dev/tesseract"
	"github.com/transparency-dev/tesseract/storage"
	"github.com/transparency-dev/tesseract/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// hash is what the logs hash with.
const hash = crypto.SHA256

// startCertificateLog serves a certificate transparency log that takes what
// chains to the roots, and returns its public key in PEM.
func (s *instance) startCertificateLog(ctx context.Context, roots string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	handler, err := tesseract.NewLogHandler(ctx, "ct.localhost", key, tesseract.ChainValidationConfig{RootsPEMFile: roots},
		s.certificates, time.Minute, false, "", tesseract.LogHandlerOpts{DedupRL: -1})
	if err != nil {
		return "", err
	}
	s.serve("/ct", http.StripPrefix("", handler))
	der, err := publicDER(key.Public())
	if err != nil {
		return "", err
	}
	id := sha256.Sum256(der)
	s.certificate = map[string]*root.TransparencyLog{hex.EncodeToString(id[:]): logOf(s.address+"/ct", id[:], key.Public())}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// certificates is where the log keeps them.
func (s *instance) certificates(ctx context.Context, signer note.Signer) (*storage.CTStorage, error) {
	dir := filepath.Join(s.dir, "ct")
	driver, err := posixdriver.New(ctx, posixdriver.Config{Path: dir})
	if err != nil {
		return nil, err
	}
	appender, _, reader, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).WithCTLayout().
		WithCheckpointInterval(100*time.Millisecond).WithBatching(16, 50*time.Millisecond))
	if err != nil {
		return nil, err
	}
	issuers, err := posix.NewIssuerStorage(ctx, dir)
	if err != nil {
		return nil, err
	}
	return storage.NewCTStorage(ctx, &storage.CTStorageOptions{Appender: appender, Reader: reader, IssuerStorage: issuers})
}
