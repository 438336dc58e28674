package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// requirementsFile holds the sum of the requirements that the running engine's
// SDK image has a copy of.
const requirementsFile = "requirements.sha256"

// keepRequirements notes what an engine was started with.
func (o *options) keepRequirements(repo string) error {
	sum, err := requirements(repo)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.state.RunFile(requirementsFile), []byte(sum), 0o600); err != nil {
		return fmt.Errorf("note the module's requirements: %w", err)
	}
	return nil
}

// outdated tells whether the module's requirements are others than those that
// the engine was started with. Its image holds a copy of these.
func (o *options) outdated() bool {
	started, err := os.ReadFile(o.state.RunFile(requirementsFile))
	if err != nil {
		return false
	}
	repo, err := o.repository()
	if err != nil {
		return false
	}
	now, err := requirements(repo)
	return err == nil && now != "" && now != string(started)
}

// requirements is the sum of what the repository's own module requires, empty
// where it has none.
func requirements(repo string) (string, error) {
	module := moduleOf(repo)
	if module == "" {
		return "", nil
	}
	all := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", fmt.Errorf("read the module's requirements: %w", err)
		}
		_, _ = fmt.Fprintf(all, "%s %d\n", name, len(text))
		all.Write(text)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}
