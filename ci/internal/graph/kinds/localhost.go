package kinds

import (
	_ "embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

//go:embed localhost.py
var localhost string

// localhostAt is where the program lies that has services be at localhost, as they are
// beside the steps of a pipeline; the file that it reads is beside it.
const localhostAt = "/opt/pingvas-ci/localhost.py"

// ports are those of the tests' own machine that lead to services, each to a host and its
// port.
type ports map[int]string

// lead has a service be reached where it says, which listens on some ports. Where another
// one is, that stays.
func (p ports) lead(of string, s compose.Service, listens []int) {
	local := maps.Clone(s.Local)
	if s.Host {
		local = map[int]int{}
		for _, port := range listens {
			local[port] = port
		}
	}
	for _, at := range slices.Sorted(maps.Keys(local)) {
		to := fmt.Sprintf("%s:%d", s.Name, local[at])
		if other, taken := p[at]; taken {
			fmt.Printf("· %s: port %d of the tests' localhost leads to %s, and %s is reached by its name alone\n", of, at, other, to)
			continue
		}
		p[at] = to
	}
}

// withLocal are tests with the program and the ports, where services are to be at localhost.
func (p Project) withLocal(tests *dagger.Container, local ports) *dagger.Container {
	if p.besideServices() == nil {
		return tests
	}
	var lines strings.Builder
	for _, at := range slices.Sorted(maps.Keys(local)) {
		fmt.Fprintf(&lines, "%d %s\n", at, strings.Replace(local[at], ":", " ", 1))
	}
	return tests.WithNewFile(localhostAt, localhost).WithNewFile(path.Join(path.Dir(localhostAt), "ports"), lines.String())
}

// besideServices is what stands before the tests' command where services are to be at
// localhost.
func (p Project) besideServices() []string {
	if !slices.ContainsFunc(p.Spec.Services, func(s compose.Service) bool { return len(s.Local) > 0 || s.Host }) {
		return nil
	}
	return []string{"python3", "-I", localhostAt}
}
