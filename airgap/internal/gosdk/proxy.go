package gosdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/airgap/internal/toolbuild"
)

// The engine asks for dagger.io/dagger by a commit, and for what generated code
// imports besides by no version at all. A public proxy answers the first for no
// one, and the second with whatever is newest, which need not fit together and
// is not in the caches. So a proxy in files answers, in Go's own layout. It is
// a part of the image, below the path that the engine's GOPROXY begins with.
const (
	// proxy is the first entry of GOPROXY.
	proxy = "file:///goproxy"
	// library is the version of dagger.io/dagger that belongs to the engine.
	library = "dagger.io/dagger@" + toolbuild.EngineVersion
	// libraryCommit is what the engine asks for and means library.
	libraryCommit = "56bb30426a8462af6f95cfdae6461d0cc796ff50"
	// telemetry is imported by generated code.
	telemetry = "github.com/dagger/otel-go@v1.43.1-0.20260515012101-af7cd0684887"
	// unknownToSumDB is a module that the checksum database does not know.
	unknownToSumDB = "github.com/dagger/otel-go"
)

type proxied struct {
	Module string
	// Listed tells whether the version is a release, which a list names.
	Listed bool
	// Alias is a second name of the version.
	Alias string
}

var proxiedModules = []proxied{
	{Module: library, Listed: true, Alias: libraryCommit},
	{Module: "github.com/dagger/querybuilder@v0.0.0-20260402040506-574a5e81cb59"},
	{Module: telemetry},
	// The versions that telemetry requires, and that generated code is for.
	{Module: "go.opentelemetry.io/otel@v1.43.0", Listed: true},
	{Module: "go.opentelemetry.io/otel/sdk@v1.43.0", Listed: true},
}

// writeProxy writes the proxy into dir, from modules downloaded and verified by
// the machine's own Go.
func writeProxy(ctx context.Context, dir string) error {
	for _, module := range proxiedModules {
		files, err := download(ctx, module.Module)
		if err != nil {
			return err
		}
		if err := writeProxied(filepath.Join(dir, files.Path), files, module); err != nil {
			return fmt.Errorf("write module proxy for %s: %w", module.Module, err)
		}
	}
	return nil
}

// downloaded is what `go mod download -json` tells.
type downloaded struct{ Path, Version, Info, GoMod, Zip, Dir, Error string }

func download(ctx context.Context, module string) (downloaded, error) {
	empty, err := os.MkdirTemp("", "pingvas-airgap-")
	if err != nil {
		return downloaded{}, fmt.Errorf("make empty directory: %w", err)
	}
	defer os.RemoveAll(empty) //nolint:errcheck // Empty, and in the system's directory for such.
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = empty
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GONOSUMDB="+unknownToSumDB)
	out, runErr := cmd.Output()
	var files downloaded
	if err := json.Unmarshal(out, &files); err != nil {
		return files, errors.Join(fmt.Errorf("download Go module %s: %w", module, err), runErr)
	}
	if files.Error != "" {
		return files, fmt.Errorf("download Go module %s: %s; the module proxy must serve exactly this version: check GOPROXY with `go env`",
			module, files.Error)
	}
	return files, nil
}

func writeProxied(dir string, files downloaded, module proxied) error {
	versions := filepath.Join(dir, "@v")
	info, err := json.Marshal(map[string]string{"Version": files.Version})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(versions, 0o755); err != nil {
		return err
	}
	var list bytes.Buffer
	if module.Listed {
		list.WriteString(files.Version + "\n")
	}
	contents := map[string][]byte{
		filepath.Join(dir, "@latest"):                  info,
		filepath.Join(versions, "list"):                list.Bytes(),
		filepath.Join(versions, files.Version+".info"): info,
	}
	if module.Alias != "" {
		contents[filepath.Join(versions, module.Alias+".info")] = info
	}
	for path, data := range contents {
		err = errors.Join(err, os.WriteFile(path, data, 0o644))
	}
	return errors.Join(err,
		copyFile(files.GoMod, filepath.Join(versions, files.Version+".mod"), 0o644),
		copyFile(files.Zip, filepath.Join(versions, files.Version+".zip"), 0o644))
}
