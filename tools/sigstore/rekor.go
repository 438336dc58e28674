package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	trust "github.com/sigstore/protobuf-specs/gen/pb-go/trustroot/v1"
	"github.com/sigstore/rekor-tiles/v2/pkg/note"
	"github.com/sigstore/sigstore-go/pkg/root"
)

const selectAll = trust.ServiceSelector_ALL

// origin is the name of Rekor's log, which its checkpoints bear and clients take
// from its address.
const origin = "127.0.0.1"

// startRekor runs Rekor's own server, and passes on what is asked of it.
func (s *instance) startRekor(ctx context.Context, program string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	key := filepath.Join(s.dir, "rekor.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	server := exec.CommandContext(ctx, program, "serve", "--log-level", "warn", "--hostname", origin,
		"--http-port", ports[0], "--grpc-port", ports[1], "--http-metrics-port", ports[2],
		"--storage-dir", filepath.Join(s.dir, "rekor"), "--signer-filepath", key,
		"--checkpoint-interval", "200ms", "--batch-max-age", "50ms")
	server.Stderr = os.Stderr
	// It ends with this process, however that ends.
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start Rekor: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	at := &url.URL{Scheme: "http", Host: "127.0.0.1:" + ports[0]}
	if err := answers(at.String()+"/healthz", ended); err != nil {
		return fmt.Errorf("start Rekor: %w", err)
	}
	s.serve("/rekor", httputil.NewSingleHostReverseProxy(at))
	_, id, err := note.KeyHash(origin, public)
	if err != nil {
		return err
	}
	s.signature = map[string]*root.TransparencyLog{hex.EncodeToString(id): logOf(s.address+"/rekor", id, public)}
	return nil
}

// answers waits until a server does, or has ended.
func answers(address string, ended <-chan error) error {
	for range 300 {
		response, err := http.Get(address) //nolint:gosec,noctx // Our own server.
		if err == nil {
			_ = response.Body.Close()
			return nil
		}
		select {
		case err := <-ended:
			return errors.Join(errors.New("it ended"), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.New("it did not answer in half a minute")
}

func freePorts(n int) (ports []string, err error) {
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }()
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}
