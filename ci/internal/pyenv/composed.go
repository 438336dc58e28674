package pyenv

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
)

// composed are the services of a compose file that a line has run beside those after it:
// down says that it ends them.
func (h habit) composed() (up compose.Up, is, down bool) {
	at := slices.IndexFunc(h.words, func(word string) bool { return slices.Contains([]string{"up", "down", "run"}, word) })
	if at < 1 || h.doubtful(h.words) || !composes.MatchString(strings.Join(h.words[:at], " ")) {
		return up, false, false
	}
	if h.words[at] == "down" {
		return up, false, true
	}
	up.Dir = h.at
	for i, word := range h.words[:at] {
		if i > 0 && (h.words[i-1] == "-f" || h.words[i-1] == "--file") {
			up.Files = append(up.Files, path.Join(h.at, word))
		}
	}
	if h.words[at] == "run" {
		up, is = detached(up, h.words[at+1:])
		return up, is, false
	}
	for _, word := range h.words[at+1:] {
		if called.MatchString(word) && !number.MatchString(word) {
			up.Names = append(up.Names, word)
		}
	}
	return up, true, false
}

// detached is the service that docker compose run starts beside what comes after it, as
// another one of it would do: at no ports but those that it is told.
func detached(up compose.Up, words []string) (alone compose.Up, is bool) {
	said, rest := optionsOf(words)
	if len(rest) == 0 || said["-d"] == nil && said["--detach"] == nil {
		return up, false // It ends before the next line, or is the tests' own.
	}
	up.Names, up.Run = rest[:1], true
	for _, option := range slices.Sorted(maps.Keys(said)) {
		switch option {
		case "-p", "--publish":
			for _, port := range said[option] {
				up.Ports = append(up.Ports, port)
			}
		case "--service-ports", "-P":
			up.Run = false
		case "-d", "--detach", "--name", "--rm", "-T", "--no-TTY", "--quiet-pull", "-q", "--build", "--no-deps", "--remove-orphans":
		default:
			up.Unlike = option
		}
	}
	if len(rest) > 1 {
		up.Unlike = rest[1]
	}
	return up, true
}

var (
	composes = regexp.MustCompile(`^@?(?:sudo )?(?:docker compose|docker-compose)(?: |$)`)
	called   = regexp.MustCompile(`^\w[\w.-]*$`)
)

// composed are the services of compose files that run behind a step of a job, with those
// that ran before it.
func (s script) composed(step map[string]any, before []compose.Up) []compose.Up {
	if up, is := s.composedByAction(step); is {
		before = append(slices.Clip(before), up)
	}
	for _, h := range s.lines() {
		up, is, down := h.composed()
		switch {
		case down:
			before = nil
		case is:
			before = append(slices.Clip(before), up)
		}
	}
	return before
}

// handed is where a step gives those after it a variable.
var handed = regexp.MustCompile(`(?m)^([ \t]*)echo[ \t]+["']?([A-Za-z_]\w*)=(.*?)["']?[ \t]*>>[ \t]*["']?\$\{?GITHUB_ENV\}?["']?[ \t]*$`)

// hands are commands that run behind a step, with the variables that it gives them: those
// that it may not come to are not known.
func (s script) hands(step map[string]any) script {
	for _, m := range handed.FindAllStringSubmatch(plain(step["run"]), -1) {
		if value := m[3]; m[1] == "" && step["if"] == nil {
			s = s.with(map[string]any{m[2]: value})
		} else {
			s.given = s.given.set(m[2], "${}")
		}
	}
	return s
}
