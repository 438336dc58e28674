package mirror

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/golang"
)

// golang has the layers of the engine's own image for Go, so that it costs no
// more than its copy in the mirror. Other platforms do without it: the stage
// that compiles is of the builder's own.
func (r recipes) golang() image {
	version := strings.TrimPrefix(r.machine.GoVersion, "go")
	return image{
		lock: "golang:1.26-bookworm", repository: "library/golang", tag: fixed(version + "-debian13"),
		about:  "Go " + version + " with git on Debian 13, without a C compiler: cgo and the race detector are off.",
		parts:  map[string]string{"go": version},
		stacks: []stack{{amd64, golang.Layer(r.trixie, r.machine)}},
		config: v1.Config{Env: r.golangEnvironment(version), Cmd: []string{"bash"}, WorkingDir: golang.Path},
	}
}

func (r recipes) golangEnvironment(version string) []string {
	env := r.environmentOn(golang.Path+"/bin:"+golang.Root+"/bin:"+systemPath,
		"GOLANG_VERSION="+version, "GOTOOLCHAIN=local", "GOPATH="+golang.Path)
	if proxy := r.machine.GoProxy; proxy != "" {
		env = append(env, "GOPROXY="+proxy)
	}
	return env
}
