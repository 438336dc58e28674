// Package cudadef says what a CUDA worker is: a directory with a Dockerfile.cuda or a
// Dockerfile.gpu, a Python project of which the Dockerfile builds on CUDA, or a
// cog.yaml that asks for a GPU. All but its image is a Python service's.
package cudadef

import (
	"cmp"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/cuda"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
)

// Kind is the kind's name.
const Kind component.Kind = "cuda"

// defaultLayerBudget is 2 GiB: a node pulls a layer as a whole, and starts
// anew when it breaks off.
const defaultLayerBudget = 2048

// named are Dockerfiles that say by their names what they are for.
var named = []string{"Dockerfile.cuda", "Dockerfile.gpu"}

// Definition is that of the CUDA workers.
type Definition struct{ pydef.Definition }

// Traits are those of every CUDA worker: where the GPUs are, there is amd64.
func (d Definition) Traits() component.Traits {
	return component.Traits{
		Kind: Kind, Like: pydef.Definition{}, Article: "a CUDA worker", FoundBy: "a Dockerfile.cuda", Dockerfile: named[0], Dockerfiles: []string{named[1], "Dockerfile"},
		Platforms: []string{component.AMD64}, TagSuffix: "-cuda",
		Defaults:   component.Settings{TestPaths: []string{"tests/unit"}, LayerBudget: defaultLayerBudget},
		Deployment: component.Deployment{User: 65532, GPU: true, Secret: true},
		Gates:      slices.Concat(pydef.Gates, cuda.Guards), GateCommands: true,
		Manifests: append(d.Definition.Traits().Manifests, "Dockerfile", cogFile),
		Seconds:   60,
		Reads:     pydef.Reads, Unread: []string{"gatesTarget", "output", "keepAssets", "headers", "browsers", "writable"}, Workflow: ".github/workflows/ci-ai-worker.yml",
	}
}

// Is tells a worker by its Dockerfile, or by its cog.yaml.
func (d Definition) Is(fsys fs.FS, dir string) (bool, error) {
	for _, name := range named {
		if component.Exists(fsys, path.Join(dir, name)) {
			return true, nil
		}
	}
	if cogOf(fsys, dir).Build.GPU {
		return true, nil
	}
	if is, err := d.Definition.Is(fsys, dir); err != nil || !is {
		return false, nil //nolint:nilerr // A fault of a Python service's.
	}
	m, err := d.Manifest(fsys, dir)
	if err != nil {
		return false, nil //nolint:nilerr // As above.
	}
	base, known := baseOf(fsys, path.Join(dir, cmp.Or(m.Settings.Dockerfile, "Dockerfile")), m.Settings)
	return known && onCUDA.MatchString(base), nil
}

// onCUDA are images that have it, by their names: NVIDIA's own, servers of models that
// are for nothing else, and names or tags such as transformers-pytorch-gpu,
// 2.9.1-cuda13.0-cudnn9-runtime, cu124 and 2.16.1-gpu.
var onCUDA = regexp.MustCompile(`(^|/)nvidia/(cuda|cudagl|pytorch|tensorflow|tritonserver|nemo|jax|l4t)\b|(^|/)(vllm/vllm-openai|lmsysorg/sglang|rapidsai/(base|notebooks)|runpod/(pytorch|base))\b|[:-][^/]*(cuda\d|\bcu1\d|\bgpu\b)`)

// baseOf is the image that a Dockerfile builds on.
func baseOf(fsys fs.FS, file string, s component.Settings) (string, bool) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return "", false
	}
	read, err := dockerfile.Parse(file, text)
	if err != nil {
		return "", false
	}
	base, known, err := read.Base(dockerfile.Build{Target: s.Target, Args: s.BuildArgs})
	return base.Reference, known && err == nil
}

// Complete is as a Python service's, whose checks run on the Python that the image has.
func (d Definition) Complete(fsys fs.FS, c *component.Component, m component.Manifest) error {
	if err := d.Definition.Complete(fsys, c, m); err != nil {
		return err
	}
	if c.Settings.Dockerfile != "" {
		text, err := fs.ReadFile(fsys, c.Settings.Dockerfile)
		if err != nil {
			return err
		}
		base, _ := baseOf(fsys, c.Settings.Dockerfile, c.Settings)
		pydef.Run(c, m, cuda.Python(string(text), base), path.Base(c.Settings.Dockerfile))
	}
	if component.Exists(fsys, path.Join(c.Path, cogFile)) {
		pydef.Run(c, m, cogOf(fsys, c.Path).Build.Python, cogFile)
		c.Infer("not taken", "packages, run and predict", cogFile)
	}
	return nil
}

// cogFile describes a model to Cog, which builds an image of its own by it.
const cogFile = "cog.yaml"

// cog is what is read of it.
type cog struct {
	Build struct {
		GPU    bool   `yaml:"gpu"`
		Python string `yaml:"python_version"`
	} `yaml:"build"`
}

// cogOf is a directory's; empty where there is none, or none that can be read.
func cogOf(fsys fs.FS, dir string) (c cog) {
	text, err := fs.ReadFile(fsys, path.Join(dir, cogFile))
	if err != nil || bounds.YAML(text, &c) != nil {
		return cog{}
	}
	return c
}

// Scripts are no worker's.
func (Definition) Scripts(fs.FS) bool { return false }

// ChecksRoot is false: what a root has for all of the repository is Python's.
func (Definition) ChecksRoot(fs.FS) bool { return false }
