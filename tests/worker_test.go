package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
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
	long(t, "TestWorkerPlatform, TestDelivery; ci/internal/cuda")
	t.Parallel()
	w := harness.NewWorld(t, worker)
	w.Must(t, "worker", "--name", "ai-worker", "guards")

	w.Replace(worker+"/Dockerfile.cuda", "FROM ", wheels+"FROM ")
	w.Append(worker+"/Dockerfile.cuda", heavy)
	w.Append(worker+"/pyproject.toml", "\n[tool.pingvas-ci]\nlayer-budget = 10\n")
	w.Deliver().Refused(t,
		"ai-worker image linux/amd64: ",
		"CUDA is in the image twice: libcudart of the base image, and libcudart in nvidia-cuda-runtime-cu12",
		"holds 1 files of lower layers once more, because their owner was changed: 2.0 MiB doubled",
		"and the layerBudget setting allows 10.0 MiB",
		"holds model weights (app/model.safetensors: 11.0 MiB) beside code (app/model.py)",
		"Nothing was pushed",
	)
	assert.Empty(t, w.Registry.Held(t))
}

// TestWorkerPlatform: there is no GPU of the fleet's on another platform.
func TestWorkerPlatform(t *testing.T) {
	t.Parallel()
	example, other := harness.Example(t, worker), harness.Example(t, worker)
	other.Append(worker+"/pyproject.toml", "\n[tool.pingvas-ci]\nplatforms = [\"linux/arm64\"]\n")
	came := harness.Batch(t, nil,
		append(harness.Source(example.Dir), words("worker --name ai-worker image --platform linux/arm64 user")...),
		append(harness.Source(other.Dir), words("worker --name ai-worker lint")...))
	came[0].Refused(t, "ai-worker is not built for linux/arm64. Its platforms are linux/amd64")
	came[1].Refused(t, "a CUDA worker is published for linux/amd64 only")
}

// onnx is a worker whose image has the build for GPUs of a library that is
// there for the CPU, too.
const (
	onnx   = "onnx-worker"
	atOnnx = "services/" + onnx
)

// TestWorkerOnCPU: the checks of a worker whose image has the build for GPUs
// install the one for the CPU, and never fetch the other. Its tests look, too.
func TestWorkerOnCPU(t *testing.T) {
	t.Parallel()
	checked := func(t *testing.T, r *harness.Repository, installs string) harness.Result {
		t.Helper()
		checked := r.Call("worker", "--name", onnx, "check")
		checked.Must(t)
		assert.Regexp(t, installs, checked.Output)
		assert.NotContains(t, checked.Output, "+ onnxruntime-gpu")
		return checked
	}
	t.Run("by requirements", func(t *testing.T) {
		t.Parallel()
		r := harness.Shapes(t, onnx)
		r.Append(atOnnx+"/requirements-cpu.txt", "# "+time.Now().String()+"\n")
		said := checked(t, r, "uv pip install .* --torch-backend cpu --requirement requirements-cpu.txt")
		assert.Contains(t, said.Output, "+ onnxruntime==1.32.0", "it is installed anew")
		assert.Equal(t, "onnx-worker: cuda in services/onnx-worker, python 3.13 (.python-version)\n", r.Must(t, "workers", "summary"))
	})
	t.Run("by an extra of uv", func(t *testing.T) {
		long(t, "by requirements, above")
		t.Parallel()
		r := harness.Shapes(t, onnx)
		r.Write(atOnnx+"/pyproject.toml", "[project]\nname = \"onnx-worker\"\nversion = \"1\"\nrequires-python = \">=3.13\"\n"+
			"[project.optional-dependencies]\ncpu = [\"onnxruntime\"]\ncu12 = [\"onnxruntime-gpu\"]\n"+
			"[dependency-groups]\ndev = [\"iniconfig==2.0.0\"]\n[tool.uv]\nconflicts = [[{ extra = \"cpu\" }, { extra = \"cu12\" }]]\n"+
			"[[tool.mypy.overrides]]\nmodule = \"onnxruntime\"\nignore_missing_imports = true\n")
		r.LockWithUv(atOnnx)
		checked(t, r, `uv sync .* --frozen .* --extra=cpu`)
	})
}

// TestWorkerGPU runs the GPU tests where the engine has a GPU; where it has
// none, that is what the error says.
func TestWorkerGPU(t *testing.T) {
	long(t, "TestWorkerOnCPU")
	t.Parallel()
	tested := harness.Example(t, worker).Call("worker", "--name", "ai-worker", "test-gpu")
	if tested.Err == nil {
		assert.Contains(t, tested.Stdout, "passed")
		return
	}
	tested.Refused(t, "ai-worker test-gpu: the engine gives containers no GPU", "_EXPERIMENTAL_DAGGER_GPU_SUPPORT=1")
}
