package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Service is one that tests need.
type Service struct {
	Name  string `json:"name"`
	Image string `json:"image"`
	// Aliases are other names that it is reached by.
	Aliases     []string          `json:"aliases,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	// Entrypoint and Command stand in place of the image's; nil where it has its own.
	Entrypoint []string `json:"entrypoint,omitempty"`
	Command    []string `json:"command,omitempty"`
	User       string   `json:"user,omitempty"`
	Directory  string   `json:"directory,omitempty"`
	// Ports are those that it listens on.
	Ports []int `json:"ports,omitempty"`
	// Local are the ports of the tests' own machine that lead to it, each with its own one:
	// what a pipeline has beside its steps is at localhost.
	Local map[int]int `json:"local,omitempty"`
	// Host says that it has the network of that machine: all of its ports are there.
	Host   bool     `json:"host,omitempty"`
	Tmpfs  []string `json:"tmpfs,omitempty"`
	Mounts []Mount  `json:"mounts,omitempty"`
	Health Health   `json:"health,omitzero"`
	// Needs are the services that it is started after.
	Needs []string `json:"needs,omitempty"`
	// Said is what is passed over.
	Said []string `json:"said,omitempty"`
	// Files are what all of it was read from.
	Files []string `json:"files,omitempty"`
}

// Mount is a file or directory of the repository that a service reads.
type Mount struct {
	Source    string `json:"source"`
	Target    string `json:"target"`
	Directory bool   `json:"directory,omitempty"`
}

// Health says when a service is ready; without a test, when it listens.
type Health struct {
	Test []string `json:"test,omitempty"`
	// Shell says that the test is a line for a shell.
	Shell bool `json:"shell,omitempty"`
	// Off says that the image's own test is not to be run.
	Off      bool          `json:"off,omitempty"`
	Interval time.Duration `json:"interval,omitempty"`
	Timeout  time.Duration `json:"timeout,omitempty"`
	Start    time.Duration `json:"start,omitempty"`
	Retries  int           `json:"retries,omitempty"`
}

// Patience is how long it may take until a service is ready: what its test says, by
// compose's defaults, and no less than a slow machine takes.
func (h Health) Patience() time.Duration {
	interval, retries := h.Interval, h.Retries
	if interval == 0 {
		interval = 30 * time.Second
	}
	if retries == 0 {
		retries = 3
	}
	return max(h.Start+time.Duration(retries)*interval, 30*time.Second)
}

// Services are those that a component's tests name, and those that they need, each
// after those that it needs. Dir is the component's directory, and given are values of
// variables.
func Services(fsys fs.FS, dir string, names []string, given map[string]string) ([]Service, error) {
	f, err := find(fsys, dir, given)
	if err != nil {
		return nil, err
	}
	o := &ordering{file: f, begun: map[string]bool{}}
	for _, name := range names {
		if err := o.add(name); err != nil {
			return nil, err
		}
	}
	return o.services, nil
}

// ordering puts services after those that they need.
type ordering struct {
	file     *file
	begun    map[string]bool
	services []Service
}

func (o *ordering) add(name string) error {
	is := func(s Service) bool { return s.Name == name }
	if slices.ContainsFunc(o.services, is) {
		return nil
	}
	if o.begun[name] {
		return fmt.Errorf("%s: service %s needs itself, by depends_on. Take that out", o.file.layers[0].name, name)
	}
	o.begun[name] = true
	s, err := o.file.service(name)
	if err != nil {
		return err
	}
	for _, needed := range s.Needs {
		if err := o.add(needed); err != nil {
			return err
		}
	}
	o.services = append(o.services, *s)
	return nil
}

// passed are the keys that make no difference to tests.
var passed = []string{
	"annotations", "attach", "blkio_config", "cpu_count", "cpu_percent", "cpu_shares", "cpus", "cpuset", "deploy", "develop", "hostname", "init",
	"labels", "links", "logging", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "profiles", "pull_policy", "restart",
	"scale", "stdin_open", "stop_grace_period", "stop_signal", "tty",
}

// saidOf are the keys that are passed over, where that may be missed.
var saidOf = []string{
	"cap_add", "cap_drop", "dns", "dns_opt", "dns_search", "extra_hosts", "group_add", "oom_kill_disable", "oom_score_adj", "pids_limit", "platform",
	"read_only", "security_opt", "shm_size", "storage_opt", "sysctls", "ulimits",
}

// key reads one key of a service.
func (f *file) key(s *Service, key string, value any) (err error) {
	switch key {
	case "image":
		s.Image, err = text(value)
	case "container_name":
		var alias string
		alias, err = text(value)
		s.Aliases = append(s.Aliases, alias)
	case "networks":
		s.Aliases = append(s.Aliases, aliases(value)...)
	case "environment":
		err = f.environment(s, value)
	case "env_file":
		err = f.envFiles(s, value)
	case "command":
		s.Command, err = words(value)
	case "entrypoint":
		s.Entrypoint, err = words(value)
	case "user":
		s.User, err = text(value)
	case "working_dir":
		s.Directory, err = text(value)
	case "ports", "expose":
		s.Ports, err = ports(s.Ports, value)
	case "tmpfs":
		s.Tmpfs, err = list(value)
	case "volumes":
		err = f.volumes(s, value)
	case "healthcheck":
		s.Health, err = health(s.Health, value)
	case "depends_on":
		s.Needs, err = needs(s.Needs, value)
	case "build":
		return errors.New("it is built, and tests take images. Name an image that has it")
	default:
		switch {
		case strings.HasPrefix(key, "x-") || slices.Contains(passed, key):
		case slices.Contains(saidOf, key):
			s.Said = append(s.Said, key+" has no effect")
		default:
			return errors.New("tests cannot have that. Take it out, or write a service for tests without it")
		}
	}
	return err
}

// environment is a table, or a list of NAME=value.
func (f *file) environment(s *Service, value any) error {
	switch value := value.(type) {
	case map[string]any:
		for name, one := range value {
			if one == nil {
				f.inherit(s, name)
				continue
			}
			s.Environment[name] = scalar(one)
		}
		return nil
	case []any:
		for _, one := range value {
			name, set, has := strings.Cut(scalar(one), "=")
			if !has {
				f.inherit(s, name)
				continue
			}
			s.Environment[name] = set
		}
		return nil
	}
	return fmt.Errorf("%v is neither a table nor a list. Write NAME: value", value)
}

// inherit takes a variable from outside.
func (f *file) inherit(s *Service, name string) {
	if value, has := f.vars.lookup(name); has {
		s.Environment[name] = value
	}
}

// envFiles reads files of variables, which those of environment win over.
func (f *file) envFiles(s *Service, value any) error {
	for _, one := range listOf(value) {
		name, required := scalar(one), true
		if table, is := one.(map[string]any); is {
			name = scalar(table["path"])
			if said, has := table["required"].(bool); has {
				required = said
			}
		}
		at := path.Join(f.dir, name)
		if !fs.ValidPath(at) || path.IsAbs(name) {
			return fmt.Errorf("%q is no file of the repository. Name one", name)
		}
		read, err := ReadEnv(f.fsys, at, f.vars.values)
		if errors.Is(err, fs.ErrNotExist) && !required {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is not there on a clean clone. Commit it, or write {path: %s, required: false}", at, name)
		}
		if err != nil {
			return err
		}
		f.vars.note(at)
		for key, set := range read {
			if _, has := s.Environment[key]; !has {
				s.Environment[key] = set
			}
		}
	}
	return nil
}

// volumes are files of the repository; what would be kept is not.
func (f *file) volumes(s *Service, value any) error {
	for _, one := range listOf(value) {
		source, target := scalar(one), ""
		if table, is := one.(map[string]any); is {
			source, target = "", scalar(table["target"])
			switch scalar(table["type"]) {
			case "bind":
				source = scalar(table["source"])
				if !strings.HasPrefix(source, "/") && !strings.HasPrefix(source, "~") {
					source = "./" + source
				}
			case "tmpfs":
				s.Tmpfs = append(s.Tmpfs, target)
				continue
			}
		} else if before, after, has := strings.Cut(source, ":"); has {
			source, target = before, after
			target, _, _ = strings.Cut(target, ":")
		} else {
			source = "" // It has no name, and nothing in it.
		}
		if err := f.volume(s, source, target); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) volume(s *Service, source, target string) error {
	switch {
	case source == "" || !strings.ContainsAny(source[:1], "./~"):
		return nil // A volume of its own is empty when the tests begin.
	case strings.HasPrefix(source, "/") || strings.HasPrefix(source, "~"):
		return fmt.Errorf("%s is of a person's machine, which tests have none of. Take it out, or write a service for tests without it", source)
	}
	at := path.Join(f.dir, source)
	info, err := fs.Stat(f.fsys, at)
	if !fs.ValidPath(at) || err != nil {
		s.Said = append(s.Said, fmt.Sprintf("the repository has no %s, so %s is empty", at, target))
		return nil
	}
	s.Mounts = append(s.Mounts, Mount{at, target, info.IsDir()})
	return nil
}

// aliases are the names that a service has in its networks.
func aliases(value any) (names []string) {
	networks, _ := value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		if network, is := networks[name].(map[string]any); is {
			more, _ := list(network["aliases"])
			names = append(names, more...)
		}
	}
	return names
}

// needs are the services of depends_on, a list or a table with conditions.
func needs(known []string, value any) ([]string, error) {
	table, is := value.(map[string]any)
	if !is {
		more, err := list(value)
		return append(known, more...), err
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		condition, _ := table[name].(map[string]any)
		if condition["condition"] == "service_completed_successfully" {
			return nil, fmt.Errorf("it waits for %s to end, and tests' services run on. Run what %s does as a command of the gate: test = [\"...\", \"pytest\"] in gates", name, name)
		}
		known = append(known, name)
	}
	return known, nil
}
