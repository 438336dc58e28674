package cuda_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/cuda"
)

func TestPythonOfADockerfile(t *testing.T) {
	const noble, jammy = "nvidia/cuda:13.0.1-base-ubuntu24.04@sha256:aa", "nvidia/cuda:12.6.3-runtime-ubuntu22.04"
	for _, c := range []struct{ text, base, want string }{
		{"RUN apt-get update \\\n    && apt-get install --yes python3 python3-venv \\\n    && rm -rf /x\n", noble, "3.12"},
		{"RUN apt-get install -y \\\n    git \\\n    python3-pip\n", jammy, "3.10"},
		{"RUN apt-get install -y python3.11 python3.11-venv\n", jammy, "3.11"},
		{"RUN uv python install 3.13\n", noble, "3.13"},
		{"RUN uv venv --python 3.11 /opt/venv\n", noble, "3.11"},
		{"RUN conda create -y -n env python=3.10\n", noble, "3.10"},
		{"RUN pip install torch\n", "python:3.11-slim-bookworm", "3.11"},
		{"RUN pip install torch\n", "pytorch/pytorch:2.9.1-cuda13.0-cudnn9-runtime", ""},
		{"RUN make\nCMD [\"python3\"]\n", noble, ""},
	} {
		require.Equal(t, c.want, cuda.Python(c.text, c.base), c.text)
	}
}
