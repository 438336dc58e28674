package toolbuild

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExplain(t *testing.T) {
	engine := Tool{Name: "dagger-engine", Module: "airgap/tools/engine", Package: "github.com/dagger/dagger/cmd/engine"}
	runc := Tool{Name: "runc", Module: "airgap/tools/runc", Package: "github.com/opencontainers/runc", CGO: true}
	tests := []struct {
		name   string
		tool   Tool
		output string
		want   string
	}{
		{
			name: "a refused module, with the proxy's words",
			tool: engine,
			output: "go: downloading github.com/vito/dang/v2 v2.1.1\n" +
				"sdk.go:15:2: github.com/vito/dang/v2@v2.1.1: reading https://proxy.test/github.com/vito/dang/v2/@v/v2.1.1.zip: 403 Forbidden\n" +
				"\tserver response: This module version is not available.\n",
			want: "build dagger-engine: the module proxy refuses github.com/vito/dang/v2@v2.1.1 (403 Forbidden: This module version is not available). " +
				"Require a version that it serves in airgap/tools/engine/go.mod, or replace the module there with a stand-in as those in airgap/standins",
		},
		{
			name:   "a refused module, without words",
			tool:   runc,
			output: "go: example.test/gone@v1.0.0: reading https://proxy.test/example.test/gone/@v/v1.0.0.mod: 404 Not Found\n",
			want: "build runc: the module proxy refuses example.test/gone@v1.0.0 (404 Not Found). " +
				"Require a version that it serves in airgap/tools/runc/go.mod, or replace the module there with a stand-in as those in airgap/standins",
		},
		{
			name:   "a module with other contents",
			tool:   engine,
			output: "verifying example.test/a@v1.0.0: checksum mismatch\n\nSECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.\n",
			want: "build dagger-engine: a module is not the one that airgap/tools/engine/go.sum names:\n" +
				"verifying example.test/a@v1.0.0: checksum mismatch\n\nSECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.\n" +
				"Do not use this proxy until you know why; go.sum is right",
		},
		{
			name:   "a missing C library",
			tool:   runc,
			output: "Package libseccomp was not found in the pkg-config search path.\n",
			want: "build runc: a C library or the compiler is missing:\n" +
				"Package libseccomp was not found in the pkg-config search path.\n" +
				"Install gcc libc6-dev libseccomp-dev pkg-config",
		},
		{
			name:   "code that does not compile",
			tool:   engine,
			output: "frontend.go:12:3: undefined: tuist.Compo\n",
			want: "build dagger-engine: exit status 1:\n" +
				"frontend.go:12:3: undefined: tuist.Compo\n" +
				"Run go build github.com/dagger/dagger/cmd/engine in airgap/tools/engine to see all of it",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.EqualError(t, test.tool.explain(test.output, errors.New("exit status 1")), test.want)
		})
	}
}
