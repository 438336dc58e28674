"""The GPU against the CPU. Run on a machine with a device: `pytest tests/gpu`."""

import numpy as np
import pytest

from ai_worker.cuda import CudaError, Runtime, load
from ai_worker.device import choose_denoiser
from ai_worker.pipeline import CpuDenoiser
from ai_worker.settings import Device


@pytest.fixture
def runtime() -> Runtime:
    try:
        runtime = load()
    except CudaError as error:
        pytest.skip(str(error))
    if runtime.device_count() == 0:
        pytest.skip("no CUDA device")
    return runtime


def test_the_runtime_is_the_one_of_the_image(runtime: Runtime) -> None:
    assert runtime.version() >= (12, 0)


@pytest.mark.parametrize("shape", [(1, 1, 3), (64, 64, 3), (513, 257, 3)])
def test_the_gpu_draws_what_the_cpu_draws(runtime: Runtime, shape: tuple[int, int, int]) -> None:
    random = np.random.default_rng(1)
    noise, target = (random.random(shape, dtype=np.float32) for _ in range(2))
    image = choose_denoiser(Device.CUDA).denoise(noise, target, 25)
    np.testing.assert_allclose(image, CpuDenoiser().denoise(noise, target, 25), rtol=1e-4)
