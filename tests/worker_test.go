package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const worker = "services/ai-worker"

// heavy is appended to the worker's Dockerfile.cuda: everything that makes an
// image of CUDA heavier than it need be, each once.
const heavy = `
USER root
COPY --from=wheels /wheels /opt/wheels
RUN mkdir /data && head -c 2M /dev/urandom > /data/table.bin
RUN chown --recursive 65532 /data
RUN head -c 11M /dev/urandom > /app/model.safetensors && touch /app/model.py
`

// The runtime of CUDA as a Python package, which the base has already.
const wheels = `FROM python:3.13-slim AS wheels
RUN pip install --no-deps --target /wheels/site-packages nvidia-cuda-runtime-cu12==12.6.77
`

// TestWorkerGuards: the example's worker passes, and everything that a guard
// is for stops a delivery before anything is pushed.
func TestWorkerGuards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worker)
	_, err := dagger(t, append(source(w.files), "worker", "--name", "ai-worker", "guards"))
	require.NoError(t, err)

	dockerfile := filepath.Join(w.files, worker, "Dockerfile.cuda")
	text, err := os.ReadFile(dockerfile)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dockerfile, []byte(strings.Replace(string(text), "FROM ", wheels+"FROM ", 1)+heavy), 0o644))
	w.appendTo(worker+"/pyproject.toml", "\n[tool.pingvas-ci]\nlayer-budget = 10\n")

	_, err = w.deliver()

	for _, says := range []string{
		"ai-worker image linux/amd64: ",
		"CUDA is in the image twice: libcudart of the base image, and libcudart in nvidia-cuda-runtime-cu12",
		"holds 1 files of lower layers once more, because their owner was changed: 2.0 MiB doubled",
		"and the layerBudget setting allows 10.0 MiB",
		"holds model weights (app/model.safetensors: 11.0 MiB) beside code (app/model.py)",
		"Nothing was pushed",
	} {
		require.ErrorContains(t, err, says)
	}
	assert.Empty(t, blobs(t, w.registry.Dir))
}

// TestWorkerPlatform: there is no GPU of the fleet's on another platform.
func TestWorkerPlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worker)
	_, err := dagger(t, append(source(w.files), "worker", "--name", "ai-worker", "image", "--platform", "linux/arm64"))
	require.ErrorContains(t, err, "ai-worker is not built for linux/arm64. Its platforms are linux/amd64")

	w.appendTo(worker+"/pyproject.toml", "\n[tool.pingvas-ci]\nplatforms = [\"linux/arm64\"]\n")
	_, err = dagger(t, append(source(w.files), "workers", "name"))
	require.ErrorContains(t, err, "a CUDA worker is published for linux/amd64 only")
}

// TestWorkerOnCPU: the checks of a worker whose image has the build for GPUs
// install the one for the CPU, and never fetch the other. Its tests look, too.
func TestWorkerOnCPU(t *testing.T) {
	t.Parallel()
	const name = "onnx-worker"
	checked := func(t *testing.T, s shapes, installs string) string {
		t.Helper()
		log, err := s.log("worker", "--name", name, "check")
		require.NoError(t, err, log)
		assert.Regexp(t, installs, log)
		assert.NotContains(t, log, "+ onnxruntime-gpu")
		return log
	}
	t.Run("by requirements", func(t *testing.T) {
		t.Parallel()
		s := newShapes(t, name)
		s.writeTo(name, "requirements-cpu.txt", s.read(name, "requirements-cpu.txt")+"# "+time.Now().String()+"\n")
		log := checked(t, s, "uv pip install .* --torch-backend cpu --requirement /tmp/locked/requirements-cpu.txt")
		assert.Contains(t, log, "+ onnxruntime==1.32.0", "it is installed anew")
		list, err := s.call("workers", "summary")
		require.NoError(t, err)
		assert.Equal(t, "onnx-worker: cuda in services/onnx-worker, python 3.13 (.python-version)\n", list)

		s.writeTo(name, "requirements-cpu.txt", "onnxruntime==1.32.0\n")
		_, err = s.call("worker", "--name", name, "test")
		require.ErrorContains(t, err, "services/onnx-worker/requirements-cpu.txt:1: onnxruntime==1.32.0 has no hash")
	})
	t.Run("by an extra of uv", func(t *testing.T) {
		t.Parallel()
		s := newShapes(t, name)
		s.writeTo(name, "pyproject.toml", "[project]\nname = \"onnx-worker\"\nversion = \"1\"\nrequires-python = \">=3.13\"\n"+
			"[project.optional-dependencies]\ncpu = [\"onnxruntime\"]\ncu12 = [\"onnxruntime-gpu\"]\n"+
			"[dependency-groups]\ndev = [\"iniconfig==2.0.0\"]\n[tool.uv]\nconflicts = [[{ extra = \"cpu\" }, { extra = \"cu12\" }]]\n"+
			"[[tool.mypy.overrides]]\nmodule = \"onnxruntime\"\nignore_missing_imports = true\n")
		s.lockWithUv(name)
		checked(t, s, `uv export .* --output-file pylock\.checks\.toml --extra cpu`)
	})
}

// TestWorkerGPU runs the GPU tests where the engine has a GPU; where it has
// none, that is what the error says.
func TestWorkerGPU(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worker)
	said, err := dagger(t, append(source(w.files), "worker", "--name", "ai-worker", "test-gpu"))
	if err == nil {
		assert.Contains(t, said, "passed")
		return
	}
	require.ErrorContains(t, err, "ai-worker test-gpu: the engine gives containers no GPU")
	require.ErrorContains(t, err, "_EXPERIMENTAL_DAGGER_GPU_SUPPORT=1")
}
