package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/google/shlex"
)

// Beside are the services that a job of a pipeline has beside its steps, by their names, as
// the file says them.
type Beside struct {
	// Files are the pipeline's.
	Files []string
	// Services are those of GitHub's jobs: with image, env, ports and options; or in the
	// form of GitLab's, with entrypoint and command.
	Services map[string]map[string]any
	// Up are those of compose files that its steps start.
	Up []Up
	// Otherwise are the files of jobs that run the same tests beside others.
	Otherwise []string
	// Various says that jobs which run different tests have others by the same names.
	Various bool
	// Named says that the steps reach them by their names alone, as in a container: else
	// their ports are where the steps run, at localhost.
	Named bool
	// Variables are those of the steps, as far as they are known.
	Variables map[string]string
}

// Up are the services of a compose file that a command starts: those of some names, else
// all of them.
type Up struct {
	// Dir is where it runs, and Files are those that it names.
	Dir          string
	Files, Names []string
	// Run says that it is another one of a service that is started, with Ports alone at the
	// machine's. Unlike is what makes something else of it.
	Run    bool
	Ports  []any
	Unlike string
}

// None tells whether there are no services.
func (b Beside) None() bool { return len(b.Services)+len(b.Up) == 0 }

// Same tells whether other steps have the same services.
func (b Beside) Same(other Beside) bool {
	return b.Named == other.Named && reflect.DeepEqual(b.Services, other.Services) && reflect.DeepEqual(b.Up, other.Up)
}

// Covers tells whether it has all of the services of other steps, and more.
func (b Beside) Covers(other Beside) bool {
	for name, of := range other.Services {
		if !reflect.DeepEqual(b.Services[name], of) {
			return false
		}
	}
	for _, up := range other.Up {
		if !slices.ContainsFunc(b.Up, func(own Up) bool { return reflect.DeepEqual(own, up) }) {
			return false
		}
	}
	return b.Named == other.Named && !b.Same(other)
}

// Agree leaves the variables that other steps have alike.
func (b *Beside) Agree(other Beside) {
	maps.DeleteFunc(b.Variables, func(name, value string) bool { was, has := other.Variables[name]; return !has || was != value })
	b.Otherwise = append(slices.Clip(b.Otherwise), other.Otherwise...)
	for _, file := range other.Files {
		if !slices.Contains(b.Files, file) {
			b.Files = append(slices.Clip(b.Files), file)
		}
	}
}

// Join adds the services beside steps that run other tests.
func (b *Beside) Join(other Beside) {
	b.Services = maps.Clone(b.Services)
	b.Various = b.Various || other.Various || b.Named != other.Named
	for name, of := range other.Services {
		was, has := b.Services[name]
		b.Various = b.Various || has && !reflect.DeepEqual(was, of)
		b.Services[name] = of
	}
	for _, up := range other.Up {
		if !slices.ContainsFunc(b.Up, func(was Up) bool { return reflect.DeepEqual(was, up) }) {
			b.Up = append(slices.Clip(b.Up), up)
		}
	}
	b.Agree(other)
}

// Where names the pipeline's files.
func (b Beside) Where() string { return strings.Join(b.Files, " and ") }

// OfPipeline tells a pipeline's own file from those that it names: it holds no secret, and
// may be the one that is being written.
func OfPipeline(file string) bool {
	return strings.HasPrefix(file, ".github/workflows/") || slices.Contains([]string{".gitlab-ci.yml", ".circleci/config.yml"}, file)
}

// Ready are the services as tests have them, and an error for those that they cannot have.
func (b *Beside) Ready(fsys fs.FS) (services []Service, err error) {
	if b.Various {
		return nil, errors.New("its jobs have different ones by the same names")
	}
	services, err = b.ofJob()
	failures := []error{err}
	for _, up := range b.Up {
		started, err := b.started(fsys, up)
		failures = append(failures, err)
		for _, s := range started {
			if slices.ContainsFunc(services, func(was Service) bool { return was.Name == s.Name }) {
				continue
			}
			s.Files = append(s.Files, b.Files...)
			services = append(services, s)
		}
	}
	return services, errors.Join(failures...)
}

// started are the services that a command starts, each after those that it needs.
func (b *Beside) started(fsys fs.FS, u Up) ([]Service, error) {
	if u.Unlike != "" {
		return nil, fmt.Errorf("docker compose run starts %s with %s", u.Names[0], u.Unlike)
	}
	f, err := u.open(fsys, b.Variables)
	if err != nil {
		return nil, err
	}
	names := u.Names
	if len(names) == 0 {
		names = f.pulled()
	}
	o := &ordering{file: f, begun: map[string]bool{}}
	for _, name := range names {
		if err := o.add(name); err != nil {
			return nil, err
		}
	}
	var failures []error
	for i, s := range o.services {
		if u.Run && slices.Contains(names, s.Name) {
			failures = append(failures, o.services[i].publish(u.Ports))
			continue
		}
		for _, layer := range f.layers {
			said, err := f.vars.in(layer.services[s.Name]["ports"])
			failures = append(failures, err, o.services[i].publish(said))
		}
	}
	return o.services, errors.Join(failures...)
}

func (u Up) open(fsys fs.FS, given map[string]string) (*file, error) {
	if len(u.Files) == 0 {
		return find(fsys, u.Dir, given)
	}
	f := &file{fsys: fsys, dir: path.Dir(u.Files[0])}
	for _, name := range u.Files {
		read, err := readLayer(fsys, name)
		if err != nil {
			return nil, err
		}
		f.layers = append(f.layers, read)
	}
	var err error
	f.vars, err = readVariables(fsys, f.dir, given)
	return f, err
}

// pulled are the services of which none is built, as the application is that is tested,
// and that are started where nobody names them.
func (f *file) pulled() []string {
	return slices.DeleteFunc(f.names(), func(name string) bool {
		return slices.ContainsFunc(f.layers, func(of layer) bool {
			return of.services[name]["build"] != nil || of.services[name]["profiles"] != nil
		})
	})
}

// ofJob are the services that a job has itself, and an error for those that tests cannot
// have.
func (b *Beside) ofJob() (services []Service, err error) {
	var failures []error
	for _, name := range slices.Sorted(maps.Keys(b.Services)) {
		s, err := b.one(name, b.Services[name])
		if err != nil {
			failures = append(failures, err)
			continue
		}
		services = append(services, s)
	}
	return services, errors.Join(failures...)
}

// one is a service of a job.
func (b *Beside) one(name string, of map[string]any) (Service, error) {
	s := Service{Name: name, Environment: map[string]string{}, Files: slices.Clone(b.Files)}
	for _, key := range slices.Sorted(maps.Keys(of)) {
		if err := b.key(&s, key, of[key]); err != nil {
			if key == "unlike" {
				return s, fmt.Errorf("service %s: %w", name, err)
			}
			return s, fmt.Errorf("service %s: %s: %w", name, key, err)
		}
	}
	for _, called := range append([]string{name}, s.Aliases...) {
		if !hostName.MatchString(called) {
			return s, fmt.Errorf("service %q: that is no host's name", called)
		}
	}
	if s.Image == "" {
		return s, fmt.Errorf("service %s has no image that is known here", name)
	}
	return s, nil
}

// key reads one key of a job's service.
func (b *Beside) key(s *Service, key string, value any) (err error) {
	switch key {
	case "image":
		s.Image, err = known(value, "${{")
	case "name":
		s.Image, err = known(value, "$")
	case "unlike":
		err = fmt.Errorf("%s, which is not done here", value)
	case "alias":
		var more []string
		more, err = list(value)
		s.Aliases = append(s.Aliases, more...)
	case "env":
		err = s.variables(value, "${{")
	case "variables":
		err = s.variables(value, "$")
	case "ports":
		if s.Ports, err = ports(nil, value); err == nil && !b.Named {
			err = s.publish(value)
		}
	case "network":
		s.Host = value == "host"
	case "command":
		s.Command, err = words(value)
	case "entrypoint":
		s.Entrypoint, err = words(value)
	case "options":
		var line string
		if line, err = known(value, "${{"); err == nil {
			err = s.options(line)
		}
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

// publish adds ports that a service listens on, and those of the tests' own machine that
// lead to them.
func (s *Service) publish(value any) error {
	all, err := mappings(value)
	for _, one := range all {
		at, err := one.local()
		if err != nil {
			return err
		}
		if s.Local == nil {
			s.Local = map[int]int{}
		}
		s.Local[at] = one.within
	}
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
		case "-u", "--user":
			s.User = value
		case "--no-healthcheck":
			s.Health.Off = true
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

// hostName is one that a service can be reached by.
var hostName = regexp.MustCompile(`^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$`)

// Names are what GitLab calls a service: its aliases, else its image's name in two ways.
func Names(alias, image string) (names []string) {
	if names = strings.FieldsFunc(alias, func(r rune) bool { return r == ',' || r == ' ' }); len(names) > 0 {
		return names
	}
	image, _, _ = strings.Cut(image, "@")
	if at := strings.LastIndex(image, ":"); at > strings.LastIndex(image, "/") {
		image = image[:at]
	}
	names = []string{strings.ReplaceAll(image, "/", "-"), strings.ReplaceAll(image, "/", "__")}
	return slices.Compact(names)
}
