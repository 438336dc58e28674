package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// SigstoreServer is Sigstore on loopback, with an OIDC issuer that gives tokens
// as GitHub's does.
type SigstoreServer struct {
	// Address is the host and port of all its services.
	Address string
	// SigningConfig and TrustedRoot are files that clients take.
	SigningConfig, TrustedRoot string

	process *exec.Cmd
	alive   io.Closer
}

// rekor is the package of the transparency log's server.
const rekor = "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix"

// Sigstore builds and starts the services of tools/sigstore below the root of
// this repository. What they keep is in dir.
func Sigstore(ctx context.Context, root, dir string) (*SigstoreServer, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("build Sigstore: %w", err)
	}
	bin := filepath.Join(cache, "pingvas-ci", "sigstore")
	build := exec.CommandContext(ctx, "go", "-C", filepath.Join(root, "tools", "sigstore"), "build", "-o", bin+string(filepath.Separator), ".", rekor)
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build Sigstore: %w\n%s", err, output)
	}
	s := &SigstoreServer{SigningConfig: filepath.Join(dir, "signing_config.json"), TrustedRoot: filepath.Join(dir, "trusted_root.json")}
	var log strings.Builder
	s.process = exec.Command(filepath.Join(bin, "sigstore"), "--dir", dir, "--rekor", filepath.Join(bin, "posix"))
	s.process.Stderr = &log
	said, err := s.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start Sigstore: %w", err)
	}
	if s.alive, err = s.process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start Sigstore: %w", err)
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start Sigstore: %w", err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("start Sigstore: %w\n%s", errors.Join(err, s.Close()), log.String())
	}
	s.Address = strings.TrimPrefix(strings.TrimSpace(line), "http://")
	return s, nil
}

// Issuer is the OIDC issuer's URL.
func (s *SigstoreServer) Issuer() string { return "http://" + s.Address + "/oidc" }

// Token is a job's OIDC token, with what is asked for in the query: audience,
// workflow, lifetime.
func (s *SigstoreServer) Token(ctx context.Context, query url.Values) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Issuer()+"/token?"+query.Encode(), http.NoBody)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer the-bearer-of-a-job")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("ask for an OIDC token: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("ask for an OIDC token: %s", response.Status)
	}
	var body struct{ Value string }
	err = json.NewDecoder(response.Body).Decode(&body)
	return body.Value, err
}

// Close ends the services.
func (s *SigstoreServer) Close() error {
	return errors.Join(s.alive.Close(), s.process.Wait())
}
