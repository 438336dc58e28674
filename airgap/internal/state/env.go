package state

import (
	"fmt"
	"os"
	"strings"
)

// Var is one variable of the environment that a shell is to set.
type Var struct{ Name, Value string }

// Exports returns the lines that set vars in any POSIX shell.
func Exports(vars []Var) string {
	var lines strings.Builder
	for _, v := range vars {
		fmt.Fprintf(&lines, "export %s='%s'\n", v.Name, strings.ReplaceAll(v.Value, "'", `'\''`))
	}
	return lines.String()
}

// SaveEnv keeps lines for shells that come later.
func (d Dir) SaveEnv(lines string) error {
	partial := d.Env() + ".partial"
	if err := os.WriteFile(partial, []byte(lines), 0o644); err != nil {
		return fmt.Errorf("keep environment: %w", err)
	}
	if err := os.Rename(partial, d.Env()); err != nil {
		return fmt.Errorf("keep environment: %w", err)
	}
	return nil
}

// DropEnv removes what SaveEnv has kept.
func (d Dir) DropEnv() error {
	if err := os.Remove(d.Env()); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove environment: %w", err)
	}
	return nil
}
