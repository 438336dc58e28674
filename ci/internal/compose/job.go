package compose

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/shlex"
)

// Beside are the services that a job of a pipeline has beside its steps, by their names, as
// the file says them.
type Beside struct {
	// File is the pipeline's.
	File string
	// Services are those of GitHub's jobs: with image, env, ports and options; or in the
	// form of GitLab's, with entrypoint and command.
	Services map[string]map[string]any
	// Named says that the steps reach them by their names alone, as in a container: else
	// they are where the steps run, at localhost.
	Named bool
	// Variables are those of the steps that name one of them.
	Variables map[string]string
}

// localhost is where a job that runs in no container has its services.
const localhost = "localhost"

// Ready are the services as tests have them. What tests cannot have is an error.
func (b Beside) Ready() (services []Service, err error) {
	var failures []error
	for _, name := range slices.Sorted(maps.Keys(b.Services)) {
		s := Service{Name: name, Environment: map[string]string{}, Files: []string{b.File}}
		if !b.Named {
			s.Aliases = []string{localhost}
		}
		for _, key := range slices.Sorted(maps.Keys(b.Services[name])) {
			if err := b.key(&s, key, b.Services[name][key]); err != nil {
				failures = append(failures, fmt.Errorf("service %s: %s: %w", name, key, err))
			}
		}
		if s.Image == "" {
			failures = append(failures, fmt.Errorf("service %s has no image that is known here", name))
		}
		services = append(services, s)
	}
	return services, errors.Join(failures...)
}

// key reads one key of a job's service.
func (b Beside) key(s *Service, key string, value any) (err error) {
	switch key {
	case "image":
		s.Image, err = known(value, "${{")
	case "name":
		s.Image, err = known(value, "$")
	case "alias":
	case "env":
		err = s.variables(value, "${{")
	case "variables":
		err = s.variables(value, "$")
	case "ports":
		err = b.ports(s, value)
	case "command":
		s.Command, err = words(value)
	case "entrypoint":
		s.Entrypoint, err = words(value)
	case "options":
		err = s.options(scalar(value))
	case "volumes":
		for _, one := range listOf(value) {
			if source := scalar(one); strings.ContainsAny(source[:min(1, len(source))], "./~$") {
				return fmt.Errorf("%s is of the runner's machine", source)
			}
		}
	default:
		err = errors.New("tests cannot have that")
	}
	return err
}

// ports are those that a service listens on: from a job in no container they are reached
// by the number that they have on its machine.
func (b Beside) ports(s *Service, value any) (err error) {
	for _, one := range listOf(value) {
		outside, within, mapped := strings.Cut(scalar(one), ":")
		if within, _, _ = strings.Cut(within, "/"); !b.Named && (!mapped || outside != within) {
			return fmt.Errorf("%s is another port on the runner's machine", scalar(one))
		}
	}
	s.Ports, err = ports(nil, value)
	return err
}

// options are those of docker create.
func (s *Service) options(line string) error {
	said, err := shlex.Split(line)
	if err != nil {
		return fmt.Errorf("%q: %w", line, err)
	}
	checks := map[string]any{}
	for at := 0; at < len(said); at++ {
		name, value, has := strings.Cut(said[at], "=")
		if !has && strings.HasPrefix(name, "-") && at+1 < len(said) && !strings.HasPrefix(said[at+1], "-") {
			at++
			value = said[at]
		}
		switch name {
		case "--health-cmd":
			checks["test"] = value
		case "--health-interval", "--health-timeout", "--health-retries":
			checks[strings.TrimPrefix(name, "--health-")] = value
		case "--health-start-period":
			checks["start_period"] = value
		case "-e", "--env":
			variable, set, _ := strings.Cut(value, "=")
			s.Environment[variable] = set
		case "--entrypoint":
			s.Entrypoint = []string{value}
		case "--name", "--hostname", "--restart", "--memory", "-m", "--cpus", "--rm", "-d":
		default:
			s.Said = append(s.Said, name+" has no effect")
		}
	}
	if len(checks) == 0 {
		return nil
	}
	s.Health, err = health(s.Health, checks)
	return err
}

// variables are those of a service: one without a value is empty.
func (s *Service) variables(value any, expression string) (err error) {
	of, _ := value.(map[string]any)
	for name, one := range of {
		if one == nil {
			one = ""
		}
		if s.Environment[name], err = known(one, expression); err != nil {
			return err
		}
	}
	return nil
}

// known is a value as text, where it has no expression that its runner alone resolves.
func known(value any, expression string) (string, error) {
	said, err := text(value)
	if err == nil && strings.Contains(said, expression) {
		return "", fmt.Errorf("%q is known to its runner alone", said)
	}
	return said, err
}

// Named is what GitLab calls a service whose image has a name.
func Named(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if at := strings.LastIndex(image, ":"); at > strings.LastIndex(image, "/") {
		image = image[:at]
	}
	return path.Base(image)
}

// Reached has the variables name the services by what reaches them: a service that is at
// an address of the machine itself is at one of its names.
func (b Beside) Reached(services []Service) map[string]string {
	reached := maps.Clone(b.Variables)
	for variable, value := range reached {
		reached[variable] = loopback.ReplaceAllStringFunc(value, func(at string) string {
			_, port, _ := strings.Cut(at, ":")
			for _, s := range services {
				if len(services) == 1 || slices.ContainsFunc(s.Ports, func(of int) bool { return strconv.Itoa(of) == port }) {
					return strings.Replace(at, "127.0.0.1", s.Name, 1)
				}
			}
			return strings.Replace(at, "127.0.0.1", localhost, 1)
		})
	}
	return reached
}

var loopback = regexp.MustCompile(`127\.0\.0\.1(?::\d+)?`)
