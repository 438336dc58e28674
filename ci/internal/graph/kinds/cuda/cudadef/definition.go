// Package cudadef says what a CUDA worker is: a directory with a
// Dockerfile.cuda. All but its image is a Python service's.
package cudadef

import (
	"io/fs"
	"path"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/cuda"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
)

// Kind is the kind's name.
const Kind component.Kind = "cuda"

// defaultLayerBudget is 2 GiB: a node pulls a layer as a whole, and starts
// anew when it breaks off.
const defaultLayerBudget = 2048

// Definition is that of the CUDA workers.
type Definition struct{ pydef.Definition }

// Traits are those of every CUDA worker: where the GPUs are, there is amd64.
func (Definition) Traits() component.Traits {
	return component.Traits{
		Kind: Kind, Article: "a CUDA worker", FoundBy: "a Dockerfile.cuda", Dockerfile: "Dockerfile.cuda",
		Platforms: []string{component.AMD64}, TagSuffix: "-cuda",
		Defaults:   component.Settings{TestPaths: []string{"tests/unit"}, LayerBudget: defaultLayerBudget},
		Deployment: component.Deployment{User: 65532, GPU: true, Secret: true},
		Gates:      slices.Concat(pydef.Gates, cuda.Guards), GateCommands: true,
		Reads: pydef.Reads, Unread: []string{"gatesTarget", "output", "headers"}, Workflow: ".github/workflows/ci-ai-worker.yml",
	}
}

// Is tells a worker by its Dockerfile.
func (Definition) Is(fsys fs.FS, dir string) (bool, error) {
	return component.Exists(fsys, path.Join(dir, "Dockerfile.cuda")), nil
}

// Scripts are no worker's.
func (Definition) Scripts(fs.FS) bool { return false }
