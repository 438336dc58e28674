// Package host tells what the kit needs to know of the machine that it runs on:
// whom it trusts and where it gets packages from. Nothing of it is written
// anywhere but into what is made for this machine.
package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Machine is what the kit knows of a machine.
type Machine struct {
	// CABundle is every certificate authority that the machine trusts, as PEM.
	CABundle []byte
	// Apt is where the machine gets Debian packages.
	Apt Apt
	// PipIndex, NpmRegistry and GoProxy are addresses, each empty when the
	// machine uses the tool's default.
	PipIndex, NpmRegistry, GoProxy string
	// GoRoot is where the machine's Go lies, and GoVersion its version, such as
	// go1.26.8.
	GoRoot, GoVersion string
}

// Where Debian keeps certificates and package sources.
const (
	systemBundle = "/etc/ssl/certs/ca-certificates.crt"
	localCerts   = "/usr/local/share/ca-certificates"
	aptDirectory = "/etc/apt"
	goProxy      = "GOPROXY"
)

// Read looks at the machine. It needs Debian's places; pip, npm and Go are
// asked when they are installed.
func Read(ctx context.Context) (Machine, error) {
	bundle, err := caBundle(systemBundle, localCerts)
	if err != nil {
		return Machine{}, err
	}
	apt, err := readApt(aptDirectory)
	if err != nil {
		return Machine{}, err
	}
	machine := Machine{CABundle: bundle, Apt: apt}
	// Each tool takes a while to start.
	var asked sync.WaitGroup
	asked.Go(func() {
		machine.PipIndex = firstOf(os.Getenv("PIP_INDEX_URL"), ask(ctx, "pip", "config", "get", "global.index-url"))
	})
	asked.Go(func() { machine.NpmRegistry = changedNpmRegistry(ctx) })
	asked.Go(func() {
		machine.GoProxy = firstOf(os.Getenv(goProxy), ask(ctx, "go", "env", "-changed", goProxy))
		machine.GoRoot, machine.GoVersion, _ = strings.Cut(ask(ctx, "go", "env", "GOROOT", "GOVERSION"), "\n")
	})
	asked.Wait()
	return machine, nil
}

// caBundle is the system's bundle and the local certificates that are not in
// it: update-ca-certificates may not have been run since they came.
func caBundle(system, local string) ([]byte, error) {
	bundle, err := os.ReadFile(system)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the machine's certificates: %w. Install ca-certificates", err)
	} else if err != nil {
		return nil, fmt.Errorf("read the machine's certificates: %w", err)
	}
	err = filepath.WalkDir(local, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".crt" {
			return ignoreMissing(err)
		}
		extra, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read local certificate: %w", err)
		}
		if extra = bytes.TrimSpace(extra); !bytes.Contains(bundle, extra) {
			bundle = append(append(bytes.TrimRight(bundle, "\n"), '\n'), append(extra, '\n')...)
		}
		return nil
	})
	return bundle, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// changedNpmRegistry asks npm only for what somebody has set, so that the
// default's name is needed nowhere.
func changedNpmRegistry(ctx context.Context) string {
	set := ask(ctx, "npm", "config", "list")
	for line := range strings.Lines(set) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "registry = "); ok {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

// ask returns what a tool prints, and nothing when it is missing or refuses:
// the tool's default is then the answer.
func ask(ctx context.Context, tool string, args ...string) string {
	out, err := exec.CommandContext(ctx, tool, args...).Output()
	if err != nil {
		return ""
	}
	answer := strings.TrimSpace(string(out))
	if tool == "go" {
		answer = strings.TrimPrefix(answer, goProxy+"=")
	}
	return strings.Trim(answer, `'"`)
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
