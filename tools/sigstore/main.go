// Command sigstore is Sigstore on loopback, for tests: an OIDC issuer with
// GitHub's claims, Fulcio, a certificate transparency log, Rekor and a timestamp
// authority, all of them the real ones, behind one port.
//
//	sigstore --dir DIR --rekor PROGRAM
//
// It writes signing_config.json and trusted_root.json to DIR, prints its address
// when all of it answers, and ends when its standard input does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
)

func main() {
	dir := flag.String("dir", "", "where files are kept")
	rekor := flag.String("rekor", "", "the program of Rekor's server on POSIX")
	flag.Parse()
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := run(ctx, *dir, *rekor); err != nil {
		fmt.Fprintln(os.Stderr, "sigstore:", err)
		os.Exit(1)
	}
}

// instance is one Sigstore: what its parts have said about themselves so far.
type instance struct {
	dir     string
	address string
	mux     *http.ServeMux

	authority   root.CertificateAuthority
	timestamper root.TimestampingAuthority
	certificate map[string]*root.TransparencyLog
	signature   map[string]*root.TransparencyLog
}

func run(ctx context.Context, dir, rekor string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &instance{dir: dir, address: "http://" + listener.Addr().String(), mux: http.NewServeMux()}
	server := &http.Server{Handler: s.mux, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	defer func() { _ = server.Close() }()

	// Each needs what the one before it serves.
	for _, start := range []func(context.Context) error{
		s.startIssuer, s.startFulcio, s.startTimestamps,
		func(ctx context.Context) error { return s.startRekor(ctx, rekor) },
		s.describe,
	} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	fmt.Println(s.address)
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return errors.Join(errors.New("the server ended"), err)
	}
}

// serve answers below a path as if it were the root.
func (s *instance) serve(path string, handler http.Handler) {
	s.mux.Handle(path+"/", http.StripPrefix(path, handler))
}

// describe writes what a client needs to know.
func (s *instance) describe(context.Context) error {
	trusted, err := root.NewTrustedRoot(root.TrustedRootMediaType01,
		[]root.CertificateAuthority{s.authority}, s.certificate, []root.TimestampingAuthority{s.timestamper}, s.signature)
	if err != nil {
		return err
	}
	since := time.Now().Add(-time.Hour)
	service := func(path string, version uint32) []root.Service {
		return []root.Service{{URL: s.address + path, MajorAPIVersion: version, ValidityPeriodStart: since, Operator: "loopback"}}
	}
	all := root.ServiceConfiguration{Selector: selectAll}
	config, err := root.NewSigningConfig(root.SigningConfigMediaType02,
		service("/fulcio", 1), service("/oidc", 1), service("/rekor", 2), all, service("/timestamp", 1), all)
	if err != nil {
		return err
	}
	for name, of := range map[string]interface{ MarshalJSON() ([]byte, error) }{"trusted_root.json": trusted, "signing_config.json": config} {
		text, err := of.MarshalJSON()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
