package cuda_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/cuda"
)

const mebibyte = 1 << 20

// entry is a file of a layer; its content is made of its seed.
type entry struct {
	name string
	size int
	uid  int
	seed uint64
}

const (
	base   = "usr/local/cuda/lib64/"
	wheels = "opt/venv/lib/python3.12/site-packages/"
)

func TestGuards(t *testing.T) {
	cases := []struct {
		name   string
		layers map[string][]entry // by the step that made it, in order of the steps
		budget int64
		says   []string
	}{
		{
			name: "CUDA of the base alone",
			layers: map[string][]entry{
				"1 FROM cuda":   {{name: base + "libcudart.so.12.6.77", size: 100}},
				"2 RUN pip":     {{name: wheels + "numpy/core.so", size: 100}},
				"3 COPY worker": {{name: "app/worker.py", size: 10}},
			},
		},
		{
			name: "CUDA of wheels alone",
			layers: map[string][]entry{
				"1 FROM python": {{name: "usr/bin/python3", size: 100}},
				"2 RUN pip": {
					{name: wheels + "nvidia/cublas/lib/libcublas.so.12", size: 100},
					{name: wheels + "nvidia_cublas_cu12-12.6.4.1.dist-info/RECORD", size: 10},
				},
			},
		},
		{
			name: "CUDA in the base and in wheels",
			layers: map[string][]entry{
				"1 FROM cuda": {{name: base + "libcudart.so.12.6.77", size: 100}, {name: base + "libcublas.so.12", size: 100}},
				"2 RUN pip": {
					{name: wheels + "nvidia/cublas/lib/libcublas.so.12", size: 3 * mebibyte},
					{name: wheels + "nvidia_cublas_cu12-12.6.4.1.dist-info/RECORD", size: 10},
				},
			},
			says: []string{"CUDA is in the image twice: libcublas, libcudart of the base image, and libcublas in nvidia-cublas-cu12 (3.0 MiB)", "Take a base image without CUDA"},
		},
		{
			name: "CUDA 13 in the base and in wheels, of which no name says so",
			layers: map[string][]entry{
				"1 FROM cuda": {{name: base + "libcudart.so.13", size: 100}},
				"2 RUN pip":   {{name: wheels + "nvidia_cuda_runtime-13.0.96.dist-info/RECORD", size: 10}},
			},
			says: []string{"libcudart of the base image, and ", "nvidia-cuda-runtime"},
		},
		{
			name: "tools of NVIDIA's that bring no CUDA",
			layers: map[string][]entry{
				"1 FROM cuda": {{name: base + "libcudart.so.13", size: 100}},
				"2 RUN pip":   {{name: wheels + "nvidia_ml_py-13.580.82.dist-info/RECORD", size: 10}, {name: wheels + "nvidia_modelopt-0.39.0.dist-info/RECORD", size: 10}},
			},
		},
		{
			name: "CUDA in the base and inside of torch",
			layers: map[string][]entry{
				"1 FROM cuda": {{name: base + "libcudart.so.12", size: 100}},
				"2 RUN pip":   {{name: wheels + "torch/lib/libcudart-9335f6a2.so.12", size: mebibyte}},
			},
			says: []string{"libcudart in packages in site-packages"},
		},
		{
			name: "a recursive chown",
			layers: map[string][]entry{
				"1 COPY models": {{name: "data/a.bin", size: 2 * mebibyte}, {name: "data/b.bin", size: mebibyte, seed: 7}},
				"2 RUN chown":   {{name: "data/a.bin", size: 2 * mebibyte, uid: 65532}, {name: "data/b.bin", size: mebibyte, uid: 65532, seed: 7}},
			},
			says: []string{"layer 2 (2 RUN chown) holds 2 files of lower layers once more, because their owner was changed: 3.0 MiB doubled", "COPY --chown"},
		},
		{
			name: "a chown of what two layers brought, with a new file beside",
			layers: map[string][]entry{
				"1 COPY": {{name: "data/a.bin", size: 2 * mebibyte}},
				"2 COPY": {{name: "data/b.bin", size: 2 * mebibyte, seed: 3}},
				"3 RUN":  {{name: "data/a.bin", size: 2 * mebibyte, uid: 1}, {name: "data/b.bin", size: 2 * mebibyte, uid: 1, seed: 3}, {name: "data/new", size: 9, uid: 1}},
			},
			says: []string{"layer 3 (3 RUN) holds 2 files"},
		},
		{
			name: "other content of the same size",
			layers: map[string][]entry{
				"1 COPY": {{name: "data/a.bin", size: 2 * mebibyte}},
				"2 RUN":  {{name: "data/a.bin", size: 2 * mebibyte, uid: 65532, seed: 1}},
			},
		},
		{
			name: "the same content, of the same owner",
			layers: map[string][]entry{
				"1 COPY": {{name: "data/a.bin", size: 2 * mebibyte}},
				"2 COPY": {{name: "data/a.bin", size: 2 * mebibyte}},
			},
		},
		{
			name: "a chown of a script",
			layers: map[string][]entry{
				"1 COPY": {{name: "entrypoint.sh", size: 100}},
				"2 RUN":  {{name: "entrypoint.sh", size: 100, uid: 65532}},
			},
		},
		{
			name:   "a layer over the budget",
			layers: map[string][]entry{"1 RUN pip install torch": {{name: wheels + "torch/lib/libtorch_cuda.so", size: 3 * mebibyte}}},
			budget: 2 * mebibyte,
			says:   []string{"layer 1 (1 RUN pip install torch) weighs 3.0 MiB, and the layerBudget setting allows 2.0 MiB"},
		},
		{
			name:   "a layer under the budget",
			layers: map[string][]entry{"1 RUN pip install torch": {{name: wheels + "torch/lib/libtorch_cuda.so", size: 3 * mebibyte}}},
			budget: 4 * mebibyte,
		},
		{
			name: "weights beside code",
			layers: map[string][]entry{
				"1 COPY . /app": {{name: "app/model.safetensors", size: 11 * mebibyte}, {name: "app/worker.py", size: 10}},
			},
			says: []string{"layer 1 (1 COPY . /app) holds model weights (app/model.safetensors: 11.0 MiB) beside code (app/worker.py)", "Mount the weights from a volume"},
		},
		{
			name: "weights in .bin, .pt, .onnx and .gguf",
			layers: map[string][]entry{
				"1 COPY . /app": {
					{name: "app/pytorch_model.bin", size: 11 * mebibyte}, {name: "app/a.pt", size: 11 * mebibyte, seed: 1},
					{name: "usr/src/app/b.onnx", size: 11 * mebibyte, seed: 2}, {name: "app/c.gguf", size: 11 * mebibyte, seed: 3}, {name: "app/worker.py", size: 10},
				},
			},
			says: []string{"holds model weights (app/a.pt, app/c.gguf, app/pytorch_model.bin, usr/src/app/b.onnx: 44.0 MiB) beside code (app/worker.py)"},
		},
		{
			name: "what NVIDIA and a distribution have brought",
			layers: map[string][]entry{
				"2 RUN apt-get": {{name: "var/cache/apt/pkgcache.bin", size: 11 * mebibyte}, {name: "etc/python3.13/sitecustomize.py", size: 10}},
				"1 FROM cuda":   {{name: "opt/nvidia/nsight/tables.bin", size: 11 * mebibyte}, {name: "opt/nvidia/nsight/tool.py", size: 10}},
			},
		},
		{
			name: "weights in a layer of their own",
			layers: map[string][]entry{
				"1 COPY model": {{name: "app/model.safetensors", size: 11 * mebibyte}},
				"2 COPY code":  {{name: "app/worker.py", size: 10}},
			},
		},
		{
			name: "a test's sample of weights, and a package's own",
			layers: map[string][]entry{
				"1 COPY . /app": {{name: "app/tests/tiny.onnx", size: mebibyte}, {name: "app/worker.py", size: 10}},
				"2 RUN pip":     {{name: wheels + "detector/model.onnx", size: 11 * mebibyte}, {name: wheels + "detector/__init__.py", size: 10}},
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			// Through a file, as the module has it.
			file := filepath.Join(t.TempDir(), "image.tar")
			tag, err := name.NewTag("worker:test")
			require.NoError(t, err)
			require.NoError(t, tarball.WriteToFile(file, tag, build(t, c.layers)))
			image, err := cuda.Open(t.Context(), file)
			require.NoError(t, err)
			if c.budget == 0 {
				c.budget = 1 << 31
			}

			err = cuda.Guard(image, c.budget, nil)

			if len(c.says) == 0 {
				require.NoError(t, err)
			}
			for _, text := range c.says {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

func TestEverythingWrongIsSaid(t *testing.T) {
	image, err := cuda.Read(t.Context(), build(t, map[string][]entry{
		"1 COPY": {{name: "app/a.pt", size: 11 * mebibyte}, {name: "app/a.py", size: 10}},
		"2 RUN":  {{name: "app/a.pt", size: 11 * mebibyte, uid: 1}, {name: "app/a.py", size: 10, uid: 1}},
	}))
	require.NoError(t, err)
	err = cuda.Guard(image, mebibyte, nil)
	for _, text := range []string{"layer 2 (2 RUN) holds 2 files", "layer 1 (1 COPY) weighs", "layer 2 (2 RUN) weighs", "layer 1 (1 COPY) holds model weights"} {
		require.ErrorContains(t, err, text)
	}
}

// What settings decide against is not looked at.
func TestDecided(t *testing.T) {
	image, err := cuda.Read(t.Context(), build(t, map[string][]entry{
		"1 COPY": {{name: "app/a.pt", size: 11 * mebibyte}, {name: "app/a.py", size: 10}},
	}))
	require.NoError(t, err)
	require.ErrorContains(t, cuda.Guard(image, mebibyte, nil), "guard weights: ")
	err = cuda.Guard(image, mebibyte, func(guard string) bool { return guard == cuda.Weights })
	require.ErrorContains(t, err, "guard layers: ")
	require.NotContains(t, err.Error(), "weights")
	require.NoError(t, cuda.Guard(image, mebibyte, func(string) bool { return true }))
}

// The engine names layers of COPY and ADD by none of them, and the Dockerfile does.
func TestLayersAreNamedByTheirLines(t *testing.T) {
	const copied = "Directory.withDirectoryDockerfileCompat"
	layers := map[string][]entry{
		"1 import image layer": {{name: "a", size: mebibyte}},
		"2" + copied:           {{name: "b", size: mebibyte, seed: 1}},
		"3 mount / from exec /bin/sh -c make  things": {{name: "c", size: mebibyte, seed: 2}},
		"4" + copied: {{name: "d", size: mebibyte, seed: 3}},
	}
	over := func(copies ...string) string {
		image, err := cuda.Read(t.Context(), renamed(t, build(t, layers)), copies...)
		require.NoError(t, err)
		return cuda.Guard(image, 1000, nil).Error()
	}
	said := over("Dockerfile.cuda:3: COPY a /a", "Dockerfile.cuda:7: ADD . /")
	for _, line := range []string{"layer 2 (Dockerfile.cuda:3: COPY a /a) weighs", "layer 3 (RUN make things) weighs", "layer 4 (Dockerfile.cuda:7: ADD . /) weighs"} {
		require.Contains(t, said, line)
	}
	require.Contains(t, over("Dockerfile.cuda:3: COPY a /a"), "layer 2 (a COPY or ADD of the Dockerfile) weighs")
}

// renamed is an image without the numbers of its steps.
func renamed(t *testing.T, image v1.Image) v1.Image {
	t.Helper()
	config, err := image.ConfigFile()
	require.NoError(t, err)
	config = config.DeepCopy()
	for i := range config.History {
		config.History[i].CreatedBy = strings.TrimLeft(config.History[i].CreatedBy, "1234 ")
	}
	image, err = mutate.ConfigFile(image, config)
	require.NoError(t, err)
	return image
}

func TestOpenRefusesWhatIsNoImage(t *testing.T) {
	_, err := cuda.Open(t.Context(), filepath.Join(t.TempDir(), "none.tar"))
	require.ErrorContains(t, err, "open the image none.tar: ")
}

func build(t *testing.T, layers map[string][]entry) v1.Image {
	t.Helper()
	image := empty.Image
	for number := range len(layers) {
		for step, entries := range layers {
			if step[0] != byte('1'+number) {
				continue
			}
			layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(archive(entries)), nil }, tarball.WithCompressionLevel(gzip.NoCompression))
			require.NoError(t, err)
			image, err = mutate.Append(image, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: step}},
				mutate.Addendum{History: v1.History{CreatedBy: "ENV A=1", EmptyLayer: true}})
			require.NoError(t, err)
		}
	}
	return image
}

func archive(entries []entry) io.Reader {
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, e := range entries {
		// Random content, so that a layer weighs what its files do.
		content := make([]byte, e.size)
		random := rand.NewChaCha8([32]byte{byte(e.seed)})
		_, _ = random.Read(content)
		_ = writer.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: e.name, Size: int64(e.size), Uid: e.uid, Mode: 0o644})
		_, _ = writer.Write(content)
	}
	_ = writer.Close()
	return &out
}

func TestTestsRan(t *testing.T) {
	require.NoError(t, cuda.TestsRan("tests/gpu/test_gpu.py::test_a PASSED\n======= 3 passed, 1 skipped in 2.31s =======\n"))
	err := cuda.TestsRan("SKIPPED [1] tests/gpu/test_gpu.py:18: no CUDA device\n======= 4 skipped in 0.31s =======\n")
	require.ErrorContains(t, err, "no GPU test ran")
	require.ErrorContains(t, err, "no CUDA device")
	require.Error(t, cuda.TestsRan(""))
}

// endless is a layer of a few kilobytes that is unpacked to no end.
type endless struct{ v1.Layer }

func (endless) Uncompressed() (io.ReadCloser, error) {
	var header bytes.Buffer
	if err := tar.NewWriter(&header).WriteHeader(&tar.Header{Name: "zeros", Typeflag: tar.TypeReg, Size: 1 << 50}); err != nil {
		return nil, err
	}
	return io.NopCloser(io.MultiReader(&header, zeros{})), nil
}

type zeros struct{}

func (zeros) Read(into []byte) (int, error) { clear(into); return len(into), nil }

func TestReadEndsWithItsCaller(t *testing.T) {
	image, err := mutate.AppendLayers(empty.Image, endless{static.NewLayer([]byte("zeros"), types.OCILayer)})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = cuda.Read(ctx, image) // Which has no end of its own.
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
