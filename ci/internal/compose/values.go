package compose

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/shlex"
)

// What stands in a compose file can be written in several forms.

// scalar is a value as text.
func scalar(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	}
	return fmt.Sprint(value)
}

func text(value any) (string, error) {
	switch value.(type) {
	case map[string]any, []any, nil:
		return "", fmt.Errorf("%v is no text. Write some", value)
	}
	return scalar(value), nil
}

// listOf is a list, or one value as one.
func listOf(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}

// list is a list of texts.
func list(value any) (all []string, err error) {
	for _, one := range listOf(value) {
		said, err := text(one)
		if err != nil {
			return nil, err
		}
		all = append(all, said)
	}
	return all, nil
}

// words are those of a command, which may be a line with quotes.
func words(value any) ([]string, error) {
	if line, is := value.(string); is {
		split, err := shlex.Split(line)
		if err != nil {
			return nil, fmt.Errorf("%q: %w. Close the quote", line, err)
		}
		return split, nil
	}
	return list(value)
}

// mostPorts is how many ports a range may have.
const mostPorts = 100

// ports are those that a service listens on, beside those that are known.
func ports(known []int, value any) ([]int, error) {
	all, err := mappings(value)
	for _, one := range all {
		known = append(known, one.within)
	}
	return known, err
}

// mapping is a port that a service listens on, of a range of them, and what is said of those
// of the machine itself that lead there.
type mapping struct {
	outside    string
	within, at int
}

// local is the port of the machine that leads to it: of the same number where any does.
func (m mapping) local() (int, error) {
	if m.outside == "" || m.outside == "0" {
		return m.within, nil
	}
	first, last, err := span(m.outside)
	if err == nil && first+m.at > last {
		err = fmt.Errorf("%q has fewer ports than it leads to. Write as many", m.outside)
	}
	return first + m.at, err
}

// LocalPort is the port of the machine that leads to one of a service, by the ports that it
// says: of the same number where they say no other.
func LocalPort(ports any, within string) string {
	all, _ := mappings(ports)
	for _, one := range all {
		if local, err := one.local(); err == nil && strconv.Itoa(one.within) == within {
			return strconv.Itoa(local)
		}
	}
	return within
}

// mappings are those that a service says, in any form.
func mappings(value any) (all []mapping, err error) {
	for _, one := range listOf(value) {
		said := scalar(one)
		if table, is := one.(map[string]any); is {
			said = scalar(table["target"])
			if outside := scalar(table["published"]); outside != "" {
				said = outside + ":" + said
			}
			if protocol := scalar(table["protocol"]); protocol != "" {
				said += "/" + protocol
			}
		}
		said, protocol, _ := strings.Cut(said, "/")
		if protocol == "udp" {
			continue // Nobody can see whether it listens.
		}
		at := strings.LastIndex(said, ":")
		first, last, err := span(said[at+1:])
		if err != nil {
			return nil, err
		}
		before := said[:max(at, 0)]
		outside := before[strings.LastIndex(before, ":")+1:]
		for port := first; port <= last; port++ {
			all = append(all, mapping{outside, port, port - first})
		}
	}
	return all, nil
}

// span is a port, or the first and the last of a range.
func span(said string) (from, to int, err error) {
	first, last, isRange := strings.Cut(said, "-")
	if !isRange {
		last = first
	}
	from, err = strconv.Atoi(first)
	to, also := strconv.Atoi(last)
	if err != nil || also != nil || from < 1 || to > 65535 || to < from || to-from > mostPorts {
		return 0, 0, fmt.Errorf("%q is no port. Write one such as 5432", said)
	}
	return from, to, nil
}

// health reads how a service tells that it is ready, over what was said before.
func health(h Health, value any) (Health, error) {
	table, is := value.(map[string]any)
	if !is {
		return h, fmt.Errorf("%v is no table. Write test: below it", value)
	}
	if test, has := table["test"]; has {
		said, err := list(test)
		if err != nil {
			return h, err
		}
		_, isLine := test.(string)
		if h.Test, h.Shell, h.Off, err = healthTest(said, isLine); err != nil {
			return h, err
		}
	}
	h.Off = h.Off || table["disable"] == true
	for key, into := range map[string]*time.Duration{"interval": &h.Interval, "timeout": &h.Timeout, "start_period": &h.Start} {
		said, has := table[key]
		if !has {
			continue
		}
		var err error
		if *into, err = time.ParseDuration(scalar(said)); err != nil || *into < 0 {
			return h, fmt.Errorf("%s: %q is no time. Write one such as 5s", key, scalar(said))
		}
	}
	if said, has := table["retries"]; has {
		var err error
		if h.Retries, err = strconv.Atoi(scalar(said)); err != nil || h.Retries < 1 {
			return h, fmt.Errorf("retries: %q is no number of times. Write one such as 5", scalar(said))
		}
	}
	return h, nil
}

// healthTest is the command of a test: a line, or a list that says what it is.
func healthTest(said []string, isLine bool) (test []string, shell, off bool, err error) {
	switch {
	case isLine:
		return said, true, false, nil
	case len(said) == 1 && said[0] == "NONE":
		return nil, false, true, nil
	case len(said) == 2 && said[0] == "CMD-SHELL":
		return said[1:], true, false, nil
	case len(said) > 1 && said[0] == "CMD":
		return said[1:], false, false, nil
	}
	return nil, false, false, fmt.Errorf(`test: %q is none. Write ["CMD", "program", "argument"], ["CMD-SHELL", "a line"] or ["NONE"]`, said)
}

// FirstPort is the lowest of the ports that an image says it listens on, such as
// 5432/tcp; none of one that says none.
func FirstPort(exposed map[string]struct{}) (first []int) {
	for name := range exposed {
		number, protocol, _ := strings.Cut(name, "/")
		port, err := strconv.Atoi(number)
		if err == nil && protocol != "udp" && (first == nil || port < first[0]) {
			first = []int{port}
		}
	}
	return first
}
