package pyenv

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/shell"
)

// valuedOptions are those of docker run that take a value, as far as services have them.
var valuedOptions = []string{
	"-e", "--env", "-p", "--publish", "--name", "--network", "--net", "-v", "--volume", "--mount", "--entrypoint", "--restart", "-h", "--hostname", "-m", "--memory", "--cpus",
	"-u", "--user", "--ulimit", "--platform", "--add-host", "--link", "-w", "--workdir", "--tmpfs", "-l", "--label", "--shm-size", "--pull", "--network-alias", "--health-cmd",
	"--health-interval", "--health-timeout", "--health-retries", "--health-start-period",
}

// letters are options of docker run in one word, such as -dp, of which the last may take a
// value.
var letters = regexp.MustCompile(`^-[a-z]{2,}$`)

// started is the service that a line has docker run beside those after it, in the form of
// those of a job, and its name.
func (h habit) started() (name string, service map[string]any, is bool) {
	words := h.words
	if len(words) > 0 && strings.TrimPrefix(words[0], "@") == "sudo" {
		words = words[1:]
	}
	if len(words) < 3 || strings.TrimPrefix(words[0], "@") != "docker" || words[1] != "run" {
		return "", nil, false
	}
	said, words := optionsOf(words[2:])
	if len(words) == 0 || said["-d"] == nil && said["--detach"] == nil {
		return "", nil, false // It ends before the next line, or is the tests' own.
	}
	name, _, _ = strings.Cut(path.Base(words[0]), ":")
	if named := said["--name"]; named != nil {
		name = named[0]
	}
	if at := slices.IndexFunc(h.words, variable.MatchString); at >= 0 {
		return "of-docker-run", unknownImage(h.words[at]), true
	}
	return name, serviceOf(words, said), true
}

// optionsOf are the options of docker run, with their values, and the words after them.
func optionsOf(words []string) (said map[string][]string, rest []string) {
	said = map[string][]string{}
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		option, value, joined := strings.Cut(words[0], "=")
		words = words[1:]
		if letters.MatchString(option) {
			for _, letter := range option[1 : len(option)-1] {
				said["-"+string(letter)] = append(said["-"+string(letter)], "")
			}
			option = "-" + option[len(option)-1:]
		}
		if !joined && slices.Contains(valuedOptions, option) && len(words) > 0 {
			value, words = words[0], words[1:]
		}
		said[option] = append(said[option], value)
	}
	return said, words
}

// unknownImage is a service of which only its runner knows what it is; that is said.
func unknownImage(why string) map[string]any { return map[string]any{"name": why} }

// serviceOf is a service by its image and command, and by what docker run was told of it.
func serviceOf(words []string, said map[string][]string) map[string]any {
	service, env, options := map[string]any{"image": words[0]}, map[string]any{}, []string(nil)
	for _, option := range slices.Sorted(maps.Keys(said)) {
		for _, value := range said[option] {
			switch option {
			case "-e", "--env":
				variable, set, _ := strings.Cut(value, "=")
				env[variable] = set
			case "-p", "--publish":
				ports, _ := service["ports"].([]any)
				service["ports"] = append(ports, value)
			case "--network", "--net":
				service["network"] = value
			case "-v", "--volume":
				volumes, _ := service["volumes"].([]any)
				service["volumes"] = append(volumes, value)
			case "--health-cmd", "--health-interval", "--health-timeout", "--health-retries", "--health-start-period", "--entrypoint", "-u", "--user":
				options = append(options, option+"="+shell.Quoted(value))
			}
		}
	}
	if len(env) > 0 {
		service["env"] = env
	}
	if len(options) > 0 {
		service["options"] = strings.Join(options, " ")
	}
	if len(words) > 1 {
		var command []any
		for _, word := range words[1:] {
			command = append(command, word)
		}
		service["command"] = command
	}
	return service
}

// ran are the services that docker runs behind a step of a job, or that an action starts
// there, with those that ran before. Matrix is the job's.
func (s script) ran(step, matrix map[string]any, before map[string]map[string]any) map[string]map[string]any {
	all := maps.Clone(before)
	if all == nil {
		all = map[string]map[string]any{}
	}
	s.text = s.given.filled(celled(s.text, matrix))
	for _, h := range s.lines() {
		if name, service, is := h.started(); is {
			all[name] = service
		}
	}
	if name, service, is := byAction(step, matrix); is {
		all[name] = service
	}
	return all
}

// filled is a text with the variables that are known.
func (g given) filled(text string) string {
	return used.ReplaceAllStringFunc(text, func(use string) string {
		if value, known := g.values[strings.Trim(use, "$(){}")]; known {
			return value
		}
		return use
	})
}
