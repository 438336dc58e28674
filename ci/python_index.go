package main

import (
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// PythonIndex is a private index of Python packages and what it asks for.
type PythonIndex struct {
	// +private
	URL string
	// +private
	Host string
	// +private
	Username string
	// +private
	Token *dagger.Secret
	// +private
	Service *dagger.Service
}

// WithPythonIndex gives services and workers the token of a private index.
//
// Which packages come from it, the project's own files say: [[tool.uv.index]],
// --index-url or Poetry's sources. The token goes to this host and port alone.
// Only the command that fetches wheels has it, and the one that chooses packages
// where none is built: they run no code of anybody's. What has to be built is
// built without it. Called again, it adds an index. A Dockerfile takes a token by
// with-build-secret.
func (m *PingvasCi) WithPythonIndex(
	// The index's host, with port and path where it has them: pypi.example/team.
	address string,
	// The token: env:PYTHON_INDEX_TOKEN, file:PATH or another provider's address.
	token *dagger.Secret,
	// Who the token is for, where the index wants a name with it.
	// +default="__token__"
	username string,
	// The index as a service, where the engine cannot reach its address by itself:
	// tcp://127.0.0.1:3141 for one on this machine. Its address may then be
	// http://HOST:PORT.
	// +optional
	service *dagger.Service,
) (*PingvasCi, error) {
	url, host, err := pyenv.PrivateIndex(address, username, service != nil)
	if err != nil {
		return nil, err
	}
	with := *m
	with.PythonIndexes = append(slices.Clone(m.PythonIndexes), &PythonIndex{
		URL: url, Host: host, Username: username, Token: token, Service: service,
	})
	return &with, nil
}
