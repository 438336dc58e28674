package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// rounds is how often each way is measured. The registries are in this process,
// so that one slow second would be taken for a difference.
const rounds = 3

// publishing publishes an image that is built and scanned already, signed, with
// provenance and bills of materials, next to pushing exactly that image, from
// files on disk, with crane: alone, and followed by cosign saying the same.
// Each time the registry is an empty one on loopback that wants a password.
// Programs of this machine reach it directly, and the module through the engine.
func publishing(ctx context.Context, work string) ([]row, error) {
	b := publishBench{studio: filepath.Join(work, "published"), layout: filepath.Join(work, "layout")}
	if err := copyTo(filepath.Join("examples/studio", service), filepath.Join(b.studio, service)); err != nil {
		return nil, err
	}
	if err := b.build(ctx); err != nil {
		return nil, err
	}
	cosign, err := b.newCosign(ctx)
	if err != nil {
		return nil, err
	}
	var calls, steps, pushes, signed []time.Duration
	for range rounds {
		call, step, err := b.publish(ctx)
		if err != nil {
			return nil, err
		}
		push, sign, err := b.push(ctx, cosign)
		if err != nil {
			return nil, err
		}
		calls, steps = append(calls, call), append(steps, step)
		pushes, signed = append(pushes, push), append(signed, push+sign)
	}
	return []row{
		{what: "pingvas-ci, the whole call", took: median(calls), note: "load, gates, scans and GitOps are in it"},
		{what: "pingvas-ci, publishing alone, signed", took: median(steps), note: b.size()},
		{what: "crane push, nothing signed", took: median(pushes), note: fmt.Sprintf("the same image; each the median of %d", rounds)},
		{what: "crane push, cosign sign and attest", took: median(signed), note: fmt.Sprintf("%d calls of cosign", len(cosign.said))},
	}, nil
}

// publishBench is one service whose image is published again and again.
type publishBench struct {
	studio string // the application repository
	layout string // its image, of all platforms, as an OCI layout
	key    string // signs, in PEM
	crane  string // the program
	digest string // what every registry must hold in the end
}

// build has everything in the engine's caches, and the image on disk.
func (b *publishBench) build(ctx context.Context) (err error) {
	if b.key, err = signingKey(); err != nil {
		return err
	}
	if b.crane, err = craneProgram(ctx); err != nil {
		return err
	}
	return b.registry(func(registry *lab.Server, environment []string) error {
		delivery, _, err := b.deliver(ctx, registry)
		if err != nil {
			return err
		}
		b.digest = delivery.Components[0].Digest
		_, err = program(ctx, environment, b.crane, "pull", "--format", "oci", registry.Address+"/user-service@"+b.digest, b.layout)
		return err
	})
}

// publish returns how long a delivery took, and how long its publishing.
func (b *publishBench) publish(ctx context.Context) (call, step time.Duration, err error) {
	err = b.registry(func(registry *lab.Server, _ []string) error {
		delivery, took, err := b.deliver(ctx, registry)
		if err != nil {
			return err
		}
		if found := delivery.Components[0].Digest; found != b.digest {
			return fmt.Errorf("the service was built again: its image is %s and was %s. Run the benchmark again, with nothing else on this engine", found, b.digest)
		}
		call = took
		for _, s := range delivery.Steps {
			if s.Name == "publish" {
				step = time.Duration(s.Seconds * float64(time.Second))
			}
		}
		return nil
	})
	return call, step, err
}

// push returns how long crane takes for the same, and cosign after it.
func (b *publishBench) push(ctx context.Context, cosign cosign) (pushed, signed time.Duration, err error) {
	err = b.registry(func(registry *lab.Server, environment []string) error {
		repository := registry.Address + "/user-service"
		begin := time.Now()
		said, err := program(ctx, environment, b.crane, "push", b.layout, repository+":bench")
		pushed = time.Since(begin)
		if err == nil && !strings.Contains(said, b.digest) {
			err = fmt.Errorf("crane pushed %s, and %s was to be pushed", said, b.digest)
		}
		if err != nil {
			return err
		}
		begin = time.Now()
		err = cosign.say(ctx, environment, repository)
		signed = time.Since(begin)
		return err
	})
	return pushed, signed, err
}

// registry gives a registry that holds nothing, and an environment in which
// crane knows its password.
func (b *publishBench) registry(use func(*lab.Server, []string) error) error {
	dir, err := os.MkdirTemp(filepath.Dir(b.studio), "registry-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	registry, err := lab.Registry(filepath.Join(dir, "held"), 0)
	if err != nil {
		return err
	}
	defer func() { _ = registry.Close() }()
	login := base64.StdEncoding.EncodeToString([]byte(registry.Username + ":" + registry.Password))
	config := fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, registry.Address, login)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		return err
	}
	return use(registry, []string{"DOCKER_CONFIG=" + dir})
}

// delivery is what is read of a delivery's JSON.
type delivery struct {
	Components []struct{ Digest string }
	Steps      []struct {
		Name    string
		Seconds float64
	}
}

func (b *publishBench) deliver(ctx context.Context, registry *lab.Server) (d delivery, took time.Duration, err error) {
	_, port, _ := strings.Cut(registry.Address, ":")
	args := append([]string{"--progress=plain", "call", "--source", b.studio}, lockArgs()...)
	args = append(args,
		"with-registry", "--address", "localhost:"+port, "--service", "tcp://"+registry.Address,
		"--username", registry.Username, "--password", "env:BENCH_PASSWORD",
		"with-signing", "--key", "env:BENCH_KEY", "deliver", "json")
	begin := time.Now()
	said, err := program(ctx, []string{"BENCH_PASSWORD=" + registry.Password, "BENCH_KEY=" + b.key}, "dagger", args...)
	took = time.Since(begin)
	if err != nil {
		return d, took, err
	}
	if err := json.Unmarshal([]byte(said), &d); err != nil || len(d.Components) != 1 {
		return d, took, fmt.Errorf("read the delivery of one service from %q: %w", said, err)
	}
	return d, took, nil
}

// size says how much there is to be pushed.
func (b *publishBench) size() string {
	var bytes int64
	blobs, _ := filepath.Glob(filepath.Join(b.layout, "blobs", "*", "*")) // The pattern is ours, and well-formed.
	for _, blob := range blobs {
		if info, err := os.Stat(blob); err == nil {
			bytes += info.Size()
		}
	}
	return fmt.Sprintf("%d MB of two platforms", bytes/1e6)
}

// craneProgram builds crane, which go.mod pins, and returns where it is.
func craneProgram(ctx context.Context) (string, error) {
	at, err := program(ctx, nil, "go", "tool", "-n", "crane")
	return strings.TrimSpace(at), err
}

// program runs one and returns what it prints.
func program(ctx context.Context, environment []string, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), environment...)
	var said, complaint bytes.Buffer
	command.Stdout, command.Stderr = &said, &complaint
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("%s %v: %w\n%s", name, args, err, lastPart(complaint.Bytes()))
	}
	return said.String(), nil
}

// signingKey is a new one, as with-signing takes it.
func signingKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make a signing key: %w", err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("make a signing key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})), nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
