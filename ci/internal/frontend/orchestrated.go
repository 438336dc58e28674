package frontend

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// orchestrators are programs that run the scripts of other packages.
	orchestrators = []string{"turbo", "nx", "lerna", "moon", "wireit", "rush", "lage"}
	// elsewhere is a package's script that is run in its directory, below that of the script
	// which does.
	elsewhere = regexp.MustCompile(`\bcd\s+["']?(?:\./)?\w[^&|;]*&&\s*(?:pnpm|npm|yarn)\b`)
	// side is what starts commands side by side, each in quotation marks.
	side = regexp.MustCompile(`^\s*(?:(?:npx|pnpm(?:\s+exec)?|yarn)\s+)?concurrently\b`)
	// manager is a manager of packages, with what it is told.
	manager = regexp.MustCompile(`^(?:\w+=\S+\s+|cross-env(?:-shell)?\s+|dotenv\s+(?:-[^\s-]\S*\s+\S+\s+)*(?:--\s+)?)*(pnpm|npm|yarn)\s+(.*)$`)
)

// orchestrates tells whether commands run the scripts of other packages, which lie below the
// one that has them.
func orchestrates(text string) bool {
	if elsewhere.MatchString(text) {
		return true
	}
	if side.MatchString(text) {
		text = strings.NewReplacer(`"`, ";", "'", ";", `\`, "").Replace(text)
	}
	return slices.ContainsFunc(separators.Split(text, -1), func(command string) bool {
		command = strings.TrimSpace(command)
		if m := manager.FindStringSubmatch(command); m != nil && inOthers(m[1], strings.Fields(m[2])) {
			return true
		}
		words := strings.Fields(outset.ReplaceAllString(command, ""))
		return len(words) > 0 && slices.Contains(orchestrators, words[0])
	})
}

// inOthers tells of what a manager is told that it works in other packages. What pnpm finds
// behind a script's name it hands on to that, npm what it finds behind "--".
func inOthers(manager string, words []string) bool {
	for at := 0; at < len(words); at++ {
		name, value, joined := strings.Cut(words[at], "=")
		if !joined && at+1 < len(words) {
			value = strings.Trim(words[at+1], `"'`)
		}
		switch {
		case name == "--":
			return false
		case slices.Contains([]string{"-C", "--dir", "--prefix", "--cwd"}, name):
			if value != "." && value != "./" {
				return true
			}
			at++
		case manager == "pnpm" && slices.Contains([]string{"-r", "--recursive", "recursive", "multi", "--filter", "-F", "--parallel"}, name),
			manager == "npm" && slices.Contains([]string{"--workspace", "--workspaces", "-w", "-ws"}, name),
			manager == "yarn" && at == 0 && (name == "workspace" || name == "workspaces"):
			return true
		case manager == "pnpm" && !strings.HasPrefix(name, "-") && !slices.Contains([]string{"run", "run-script", "exec"}, name):
			return false
		}
	}
	return false
}
