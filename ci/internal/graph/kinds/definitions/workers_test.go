package definitions_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/container/containerdef"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/cuda/cudadef"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// What makes a directory a worker, and what does not.
func TestWorkersAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		kind  component.Kind
	}{
		"by Dockerfile.cuda":            {map[string]string{"Dockerfile.cuda": "FROM scratch\n"}, cudadef.Kind},
		"by Dockerfile.gpu":             {map[string]string{"Dockerfile.gpu": "FROM scratch\n"}, cudadef.Kind},
		"by its base":                   {map[string]string{"requirements.txt": "", "Dockerfile": "FROM nvidia/cuda:13.0.1-base-ubuntu24.04\n"}, cudadef.Kind},
		"by the base of its base":       {map[string]string{"requirements.txt": "", "Dockerfile": "ARG TAG=12.6.3-base-ubuntu24.04\nFROM docker.io/nvidia/cuda:$TAG AS a\nFROM a\n"}, cudadef.Kind},
		"by PyTorch's image":            {map[string]string{"requirements.txt": "", "Dockerfile": "FROM pytorch/pytorch:2.9.1-cuda13.0-cudnn9-runtime\n"}, cudadef.Kind},
		"by a server of models":         {map[string]string{"requirements.txt": "", "Dockerfile": "FROM vllm/vllm-openai:v0.11.0\n"}, cudadef.Kind},
		"by an image for a GPU":         {map[string]string{"requirements.txt": "", "Dockerfile": "FROM huggingface/transformers-pytorch-gpu\n"}, cudadef.Kind},
		"by another one of NVIDIA's":    {map[string]string{"requirements.txt": "", "Dockerfile": "FROM nvcr.io/nvidia/l4t-pytorch:r35\n"}, cudadef.Kind},
		"by TensorFlow's image":         {map[string]string{"requirements.txt": "", "Dockerfile": "FROM tensorflow/tensorflow:2.19.0-gpu\n"}, cudadef.Kind},
		"by a Dockerfile of a setting":  {map[string]string{"pyproject.toml": "[tool.pingvas-ci]\ndockerfile = 'd'\n", "d": "FROM nvcr.io/nvidia/pytorch:25.09-py3\n"}, cudadef.Kind},
		"by cog.yaml":                   {map[string]string{"cog.yaml": "build:\n  gpu: true\n  python_version: \"3.11\"\npredict: predict.py:Predictor\n"}, cudadef.Kind},
		"not by a stage that builds":    {map[string]string{"requirements.txt": "", "Dockerfile": "FROM nvidia/cuda:12.6.3-devel-ubuntu24.04 AS a\nFROM python:3.13-slim\n"}, pydef.Kind},
		"not by a cog.yaml without one": {map[string]string{"requirements.txt": "", "cog.yaml": "build:\n  gpu: false\n"}, pydef.Kind},
		"not where nothing is Python's": {map[string]string{"go.mod": "module a\n", "Dockerfile": "FROM nvidia/cuda:13.0.1-base-ubuntu24.04\n"}, containerdef.Kind},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			for file, text := range c.files {
				files["services/a/"+file] = text
			}
			list, err := discover(tree(files))
			require.NoError(t, err)
			require.Len(t, list, 1)
			assert.Equal(t, c.kind, list[0].Kind)
			assert.Empty(t, list[0].Fault)
		})
	}
}

// TestAWorkerWithItsListInAFolder is one at the root, by a Dockerfile that names the list,
// and the folder is no component.
func TestAWorkerWithItsListInAFolder(t *testing.T) {
	files := map[string]string{
		"Dockerfile":               "FROM vllm/vllm-openai:v0.11.0\nCOPY builder/requirements.txt /\nCOPY src /src\n",
		"builder/requirements.txt": "runpod\n", "builder/fetch.py": "", "src/handler.py": "",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, cudadef.Kind, list[0].Kind)
	assert.Equal(t, ".", list[0].Path)
	made, err := pyenv.Read(tree(files), pyenv.Where{Path: "."})
	require.NoError(t, err)
	assert.Equal(t, []string{"builder/requirements.txt"}, made.Image)
}

// The checks run on the Python that the image has, unless the project says another.
func TestPythonOfAWorker(t *testing.T) {
	const file = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04\nRUN apt-get install -y python3 python3-pip\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  component.Version
	}{
		"its own":             {map[string]string{"requirements.txt": "", "Dockerfile.gpu": file}, component.Version{Tool: "python", Value: "3.10", Source: "Dockerfile.gpu"}},
		"in the range":        {map[string]string{"pyproject.toml": "[project]\nname = 'a'\nrequires-python = '>=3.10'\n", "Dockerfile.gpu": file}, component.Version{Tool: "python", Value: "3.10", Source: "Dockerfile.gpu"}},
		"outside of it":       {map[string]string{"pyproject.toml": "[project]\nname = 'a'\nrequires-python = '>=3.13'\n", "Dockerfile.gpu": file}, component.Version{Tool: "python", Value: "3.13", Source: "requires-python"}},
		"by a file":           {map[string]string{".python-version": "3.13\n", "Dockerfile.gpu": file}, component.Version{Tool: "python", Value: "3.13", Source: ".python-version"}},
		"by cog.yaml":         {map[string]string{"cog.yaml": "build:\n  gpu: true\n  python_version: \"3.11\"\n"}, component.Version{Tool: "python", Value: "3.11", Source: "cog.yaml"}},
		"that nobody can see": {map[string]string{"requirements.txt": "", "Dockerfile.gpu": "FROM a\n"}, component.Version{Tool: "python", Value: "3.12", Source: "default"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			for file, text := range c.files {
				files["services/a/"+file] = text
			}
			list, err := discover(tree(files))
			require.NoError(t, err)
			require.Len(t, list, 1)
			assert.Equal(t, c.want, list[0].Version("python"))
		})
	}
}

func TestNotTakenOfCog(t *testing.T) {
	list, err := discover(tree(map[string]string{"services/a/cog.yaml": "build: {gpu: true}\n"}))
	require.NoError(t, err)
	assert.Contains(t, list[0].Summary(), "not taken: packages, run and predict (cog.yaml)")
}
