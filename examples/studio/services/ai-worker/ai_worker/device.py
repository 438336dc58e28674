"""Where to draw: on CUDA when a device is there, else on the CPU."""

import logging

from ai_worker.cuda import CudaError, Runtime, load
from ai_worker.cuda_denoiser import CudaDenoiser
from ai_worker.pipeline import CpuDenoiser, Denoiser
from ai_worker.settings import Device

log = logging.getLogger(__name__)


def choose_denoiser(device: Device) -> Denoiser:
    """The denoiser for the device that was asked for; CUDA in vain is an error."""
    if device is Device.CPU:
        return CpuDenoiser()
    try:
        return _cuda(load())
    except CudaError as error:
        if device is Device.CUDA:
            raise
        log.info("no CUDA here, the CPU draws: %s", error)
        return CpuDenoiser()


def _cuda(runtime: Runtime) -> Denoiser:
    major, minor = runtime.version()
    devices = runtime.device_count()
    if devices == 0:
        raise CudaError("no device: ask Kubernetes for an nvidia.com/gpu")
    log.info("CUDA runtime %d.%d, %d device(s)", major, minor, devices)
    return CudaDenoiser(runtime)
