package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Apt is where Debian packages come from.
type Apt struct {
	// Debian is the address of the archive, Security that of its security updates.
	Debian, Security string
	// Lagging takes lists that are older than they are good for: those of a release
	// to come are good for a week, and a mirror may be behind. They are signed all
	// the same.
	Lagging bool
}

// Lines returns the sources of a suite as one-line entries for apt, signed by
// the keyring of Debian's archive.
func (a Apt) Lines(suite string, components ...string) []string {
	signed := "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
	if a.Lagging {
		signed = strings.Replace(signed, "]", " check-valid-until=no]", 1)
	}
	of := strings.Join(components, " ")
	return []string{
		signed + a.Debian + " " + suite + " " + of,
		signed + a.Debian + " " + suite + "-updates " + of,
		signed + a.Security + " " + suite + "-security " + of,
	}
}

// readApt finds the Debian archive among the sources below dir. Sources of
// others are passed over: an archive has a suite NAME-updates, its security
// updates have NAME-security.
func readApt(dir string) (Apt, error) {
	files := []string{filepath.Join(dir, "sources.list")}
	for _, pattern := range []string{"*.list", "*.sources"} {
		more, err := filepath.Glob(filepath.Join(dir, "sources.list.d", pattern))
		if err != nil {
			return Apt{}, fmt.Errorf("list package sources: %w", err)
		}
		files = append(files, more...)
	}
	var apt Apt
	for _, file := range files {
		content, err := os.ReadFile(file)
		if ignoreMissing(err) != nil {
			return Apt{}, fmt.Errorf("read package sources: %w", err)
		}
		apt.add(string(content), strings.HasSuffix(file, ".sources"))
	}
	if apt.Debian == "" {
		return Apt{}, fmt.Errorf("no Debian archive in %s: the kit needs a Debian machine whose apt has a mirror. Add one to sources.list", dir)
	}
	if apt.Security == "" {
		apt.Security = strings.TrimRight(apt.Debian, "/") + "-security"
	}
	return apt, nil
}

func (a *Apt) add(content string, deb822 bool) {
	read := oneLine
	if deb822 {
		read = stanzas
	}
	for _, source := range read(content) {
		for _, suite := range source.suites {
			switch {
			case strings.HasSuffix(suite, "-security") && a.Security == "":
				a.Security = source.uri
			case strings.HasSuffix(suite, "-updates") && a.Debian == "":
				a.Debian = source.uri
			}
		}
	}
}

type source struct {
	uri    string
	suites []string
}

// oneLine reads entries of the form: deb [options] URI SUITE COMPONENTS.
func oneLine(content string) []source {
	var found []source
	for line := range strings.Lines(content) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		if _, after, options := strings.Cut(rest, "]"); options {
			rest = after
		}
		if words := strings.Fields(rest); len(words) >= 2 {
			found = append(found, source{words[0], words[1:2]})
		}
	}
	return found
}

// stanzas reads paragraphs of fields, in which a comment is a line of its own.
func stanzas(content string) []source {
	var found []source
	for stanza := range strings.SplitSeq(content, "\n\n") {
		fields := map[string][]string{}
		for line := range strings.Lines(stanza) {
			if name, value, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
				fields[strings.ToLower(name)] = strings.Fields(value)
			}
		}
		enabled := strings.Join(fields["enabled"], "") != "no"
		if uris := fields["uris"]; len(uris) > 0 && enabled && slices.Contains(fields["types"], "deb") {
			found = append(found, source{uris[0], fields["suites"]})
		}
	}
	return found
}

// InstallPackages installs the Debian packages that are missing. The package
// lists are updated only when the installation needs newer ones.
func InstallPackages(ctx context.Context, names ...string) error {
	missing := missingPackages(ctx, names)
	if len(missing) == 0 {
		return nil
	}
	wanted := strings.Join(missing, " ")
	if os.Geteuid() != 0 {
		return fmt.Errorf("install %s: only root can. Run as root, or have these packages installed first", wanted)
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("install %s: this machine has no apt-get. Install them with its own package manager", wanted)
	}
	install := append([]string{"install", "--yes", "--no-install-recommends"}, missing...)
	first := aptGet(ctx, install...)
	if first == nil {
		return nil
	}
	if err := aptGet(ctx, "update"); err != nil {
		return fmt.Errorf("install %s: %w. Check the mirror in /etc/apt", wanted, errors.Join(first, err))
	}
	if err := aptGet(ctx, install...); err != nil {
		return fmt.Errorf("install %s: %w. Check that the mirror in /etc/apt has them", wanted, err)
	}
	return nil
}

func missingPackages(ctx context.Context, names []string) []string {
	var missing []string
	for _, name := range names {
		status, err := exec.CommandContext(ctx, "dpkg-query", "--show", "--showformat=${db:Status-Status}", name).Output()
		if err != nil || string(status) != "installed" {
			missing = append(missing, name)
		}
	}
	return missing
}

func aptGet(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-qq", "-o", "DPkg::Lock::Timeout=120"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}
