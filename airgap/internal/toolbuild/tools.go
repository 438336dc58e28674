package toolbuild

import "strings"

// The versions that the modules below airgap/tools require; a test compares.
const (
	// EngineVersion is the version of the engine, and of the CLI that matches it.
	EngineVersion = "v0.21.8"
	// RuncVersion is the version of the OCI runtime.
	RuncVersion = "v1.4.2"
	// CNIVersion is the version of the network plugins.
	CNIVersion = "v1.9.0"
	// TrivyVersion is the version of the scanner that the module's table has.
	TrivyVersion = "v0.74.0"
)

// Tool is a binary that go build makes from a module of ours.
type Tool struct {
	// Name is the file name of the binary.
	Name string
	// Module is the directory, within the repository, of the module that pins
	// the tool and everything that it is made of.
	Module string
	// Local are directories, within the repository, that Module replaces
	// dependencies with.
	Local []string
	// Package is the tool's import path.
	Package string
	// Tags are the build tags.
	Tags []string
	// LDFlags are the linker's flags.
	LDFlags []string
	// BuildMode is go build's -buildmode; empty is the default.
	BuildMode string
	// CGO tells that the tool contains C.
	CGO bool
	// Env are variables of the build.
	Env []string
}

// Tools returns every tool, in the order in which they are built.
func Tools() []Tool {
	return []Tool{
		daggerTool("dagger-engine", "engine", "dfexcludepatterns", "dfparents"),
		daggerTool("dagger", "dagger"),
		daggerTool("dagger-init", "init"),
		daggerTool("dnsname", "dnsname"),
		daggerTool("dial-stdio", "dialstdio"),
		daggerTool("codegen", "codegen"),
		{
			Name:    "runc",
			Module:  "airgap/tools/runc",
			Package: "github.com/opencontainers/runc",
			Tags:    []string{"seccomp", "netgo", "osusergo"},
			// Static, because it runs in root file systems that are not Debian's.
			LDFlags:   []string{"-s", "-w", "-linkmode", "external", "-extldflags", "-static-pie"},
			BuildMode: "pie",
			CGO:       true,
		},
		cniTool("bridge", "main"),
		cniTool("loopback", "main"),
		cniTool("firewall", "meta"),
		cniTool("host-local", "ipam"),
	}
}

// Trivy is the scanner. It takes some twenty minutes of a processor, so it is not
// among Tools.
func Trivy() Tool {
	return Tool{
		Name:    "trivy",
		Module:  "airgap/tools/trivy",
		Package: "github.com/aquasecurity/trivy/cmd/trivy",
		LDFlags: []string{"-s", "-w", "-X", "github.com/aquasecurity/trivy/pkg/version/app.ver=" + strings.TrimPrefix(TrivyVersion, "v")},
		Env:     []string{"GOEXPERIMENT=jsonv2"},
	}
}

// daggerTool is a command of dagger's own module.
func daggerTool(name, command string, tags ...string) Tool {
	return Tool{
		Name:    name,
		Module:  "airgap/tools/engine",
		Local:   []string{"airgap/standins"},
		Package: "github.com/dagger/dagger/cmd/" + command,
		Tags:    tags,
		LDFlags: []string{
			"-s", "-w",
			"-X", "github.com/dagger/dagger/engine.Version=" + EngineVersion,
			"-X", "github.com/dagger/dagger/engine.Tag=" + EngineVersion,
		},
	}
}

// cniTool is a network plugin of the CNI project.
func cniTool(name, kind string) Tool {
	return Tool{
		Name:    name,
		Module:  "airgap/tools/cni",
		Package: "github.com/containernetworking/plugins/plugins/" + kind + "/" + name,
		LDFlags: []string{
			"-s", "-w",
			"-X", "github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=" + CNIVersion,
		},
	}
}

// flags returns what go build is told about the tool.
func (t Tool) flags() []string {
	flags := []string{"-ldflags", strings.Join(t.LDFlags, " ")}
	if len(t.Tags) > 0 {
		flags = append(flags, "-tags", strings.Join(t.Tags, ","))
	}
	if t.BuildMode != "" {
		flags = append(flags, "-buildmode", t.BuildMode)
	}
	return flags
}
