// Package distconsts names the paths, the socket and the variables by which
// the engine, the CLI and the image around them find each other.
//
// It stands in for the module of the same name in dagger's repository, which
// dagger reaches by a relative replace and the module proxy does not serve.
// Nothing is lost: these are the names of a released engine, except that the
// images of dagger's own test suite are left out.
package distconsts

// Where a client finds an engine.
const (
	// EngineContainerName is the name of a development engine's container.
	EngineContainerName = "dagger-engine.dev"
	// DefaultEngineSockAddr is the address that an engine listens on unless told otherwise.
	DefaultEngineSockAddr = "unix:///run/dagger/engine.sock"
	// OCIVersionAnnotation is the image annotation that holds the newest released version.
	OCIVersionAnnotation = "org.opencontainers.image.version"
)

// Where things lie in the engine's root file system. The one that builds the
// root file system must put them there.
const (
	// RuncPath is the OCI runtime that runs every exec.
	RuncPath = "/usr/local/bin/runc"
	// DaggerInitPath is the binary that becomes process 1 of every exec.
	DaggerInitPath = "/usr/local/bin/dagger-init"
	// EngineDefaultStateDir holds caches, snapshots and databases; it must be a real file system.
	EngineDefaultStateDir = "/var/lib/dagger"
	// EngineContainerBuiltinContentDir is the OCI layout that holds the built-in SDKs' images.
	EngineContainerBuiltinContentDir = "/usr/local/share/dagger/content"
	// EngineCustomCACertsDir holds certificates that the engine trusts and installs into containers.
	EngineCustomCACertsDir = "/usr/local/share/ca-certificates"
)

// Variables of the engine that name an SDK's image in the built-in content.
const (
	// GoSDKManifestDigestEnvName names the Go SDK's manifest digest.
	GoSDKManifestDigestEnvName = "DAGGER_GO_SDK_MANIFEST_DIGEST"
	// PythonSDKManifestDigestEnvName names the Python SDK's manifest digest.
	PythonSDKManifestDigestEnvName = "DAGGER_PYTHON_SDK_MANIFEST_DIGEST"
	// TypescriptSDKManifestDigestEnvName names the TypeScript SDK's manifest digest.
	TypescriptSDKManifestDigestEnvName = "DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST"
)

// AlpineImage is what a terminal opens in when it is started on a directory
// that has no container of its own.
const AlpineImage = "alpine:3.22"
