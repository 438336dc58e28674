import numpy as np
import pytest
from fake_cuda import FakeCuda

from ai_worker import cuda, device
from ai_worker.cuda import CudaError, Runtime
from ai_worker.cuda_denoiser import CudaDenoiser
from ai_worker.pipeline import CpuDenoiser
from ai_worker.settings import Device


def test_the_runtime_tells_its_version_and_its_devices() -> None:
    runtime = Runtime(FakeCuda(devices=2))
    assert runtime.version() == (12, 6)
    assert runtime.device_count() == 2


@pytest.mark.parametrize("status", [100, 35])
def test_no_device_and_no_driver_count_as_none(status: int) -> None:
    assert Runtime(FakeCuda(devices=0, status=status)).device_count() == 0


def test_other_errors_are_raised() -> None:
    with pytest.raises(CudaError, match="cudaGetDeviceCount failed with CUDA error 999"):
        Runtime(FakeCuda(status=999)).device_count()


def test_a_machine_without_cuda_draws_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "LIBRARIES", ("libcudart-of-no-machine.so",))
    assert device.choose_denoiser(Device.AUTO).name == "cpu"
    assert device.choose_denoiser(Device.CPU).name == "cpu"
    with pytest.raises(CudaError, match=r"none of libcudart-of-no-machine\.so can be loaded"):
        device.choose_denoiser(Device.CUDA)


def test_a_machine_without_a_driver_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "DRIVER", "libcuda-of-no-machine.so")
    monkeypatch.setattr(device, "load", lambda: Runtime(FakeCuda()))
    with pytest.raises(CudaError, match="given no GPU"):
        device.choose_denoiser(Device.CUDA)


def test_a_device_is_taken_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCuda()
    monkeypatch.setattr(device, "load", lambda: Runtime(fake))
    monkeypatch.setattr("ai_worker.cuda_denoiser.load_driver", lambda: fake)
    assert device.choose_denoiser(Device.AUTO).name == "cuda"
    fake.devices = 0
    assert device.choose_denoiser(Device.AUTO).name == "cpu"
    with pytest.raises(CudaError, match=r"ask Kubernetes for an nvidia\.com/gpu"):
        device.choose_denoiser(Device.CUDA)


def test_the_host_copies_launches_and_frees() -> None:
    fake, random = FakeCuda(), np.random.default_rng(1)
    noise, target = random.random((2, 7, 5, 3), dtype=np.float32)
    image = CudaDenoiser(Runtime(fake), fake).denoise(noise, target, 10)
    np.testing.assert_allclose(image, CpuDenoiser().denoise(noise, target, 10), rtol=1e-6)
    assert (fake.launches, fake.memory) == (10, {})


@pytest.mark.parametrize("failing", ["cudaMemcpy", "cuLaunchKernel"])
def test_a_failure_is_named_and_frees_the_memory(failing: str) -> None:
    fake = FakeCuda(failing=failing)
    denoiser = CudaDenoiser(Runtime(fake), fake)
    zeros = np.zeros((2, 2, 3), np.float32)
    with pytest.raises(CudaError, match=f"{failing} failed with CUDA error 2"):
        denoiser.denoise(zeros, zeros, 1)
    assert fake.memory == {}
