"""The denoiser on a GPU: one small kernel, compiled by the driver when it is loaded.

The kernel is PTX, so neither a compiler nor an array library has to be in the image.
"""

import ctypes
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np

from ai_worker.cuda import Library, Runtime, check, load_driver
from ai_worker.pipeline import Pixels, rates

THREADS = 256

_TO_DEVICE, _TO_HOST = 1, 2  # cudaMemcpyKind


class CudaDenoiser:
    """Keeps an image on the device for all its steps."""

    name = "cuda"

    def __init__(self, runtime: Runtime, driver: Library | None = None) -> None:
        self._runtime = runtime
        self._driver = driver if driver is not None else load_driver()
        # The runtime makes the context in which the driver then loads the kernel.
        runtime.call("cudaSetDevice", 0)
        runtime.call("cudaFree", None)
        module, self._kernel = ctypes.c_void_p(), ctypes.c_void_p()
        self._drive("cuModuleLoadData", ctypes.byref(module), KERNEL)
        self._drive("cuModuleGetFunction", ctypes.byref(self._kernel), module, b"denoise")

    def denoise(self, noise: Pixels, target: Pixels, steps: int) -> Pixels:
        image = np.ascontiguousarray(noise)
        with ExitStack() as stack:
            on_device = stack.enter_context(self._upload(image))
            goal = stack.enter_context(self._upload(np.ascontiguousarray(target)))
            for rate in rates(steps):
                self._step(on_device, goal, rate, image.size)
            return self._download(on_device, image)

    def _step(
        self, image: ctypes.c_void_p, target: ctypes.c_void_p, rate: float, size: int
    ) -> None:
        arguments = (image, target, ctypes.c_float(rate), ctypes.c_uint32(size))
        pointers = (ctypes.c_void_p * 4)(*(ctypes.addressof(one) for one in arguments))
        grid = ((size + THREADS - 1) // THREADS, 1, 1)
        self._drive("cuLaunchKernel", self._kernel, *grid, THREADS, 1, 1, 0, None, pointers, None)

    @contextmanager
    def _upload(self, array: Pixels) -> Iterator[ctypes.c_void_p]:
        memory, size = ctypes.c_void_p(), ctypes.c_size_t(array.nbytes)
        self._runtime.call("cudaMalloc", ctypes.byref(memory), size)
        try:
            host = ctypes.c_void_p(array.ctypes.data)
            self._runtime.call("cudaMemcpy", memory, host, size, _TO_DEVICE)
            yield memory
        finally:
            self._runtime.call("cudaFree", memory)

    def _download(self, memory: ctypes.c_void_p, like: Pixels) -> Pixels:
        array = np.empty_like(like)
        host, size = ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes)
        # It waits for the kernels, which run in the same stream, and meets their errors.
        self._runtime.call("cudaMemcpy", host, memory, size, _TO_HOST)
        return array

    def _drive(self, name: str, *arguments: object) -> None:
        check(name, getattr(self._driver, name)(*arguments))


KERNEL = rb"""
.version 7.0
.target sm_70
.address_size 64

// image[i] += (target[i] - image[i]) * rate, for every i below size
.visible .entry denoise(
    .param .u64 image,
    .param .u64 target,
    .param .f32 rate,
    .param .u32 size
)
{
    .reg .pred %beyond;
    .reg .b32 %i, %block, %threads, %thread, %size;
    .reg .b64 %offset, %image, %target;
    .reg .f32 %now, %goal, %rate;

    mov.u32 %block, %ctaid.x;
    mov.u32 %threads, %ntid.x;
    mov.u32 %thread, %tid.x;
    mad.lo.u32 %i, %block, %threads, %thread;
    ld.param.u32 %size, [size];
    setp.ge.u32 %beyond, %i, %size;
    @%beyond bra DONE;

    ld.param.u64 %image, [image];
    ld.param.u64 %target, [target];
    ld.param.f32 %rate, [rate];
    cvta.to.global.u64 %image, %image;
    cvta.to.global.u64 %target, %target;
    mul.wide.u32 %offset, %i, 4;
    add.s64 %image, %image, %offset;
    add.s64 %target, %target, %offset;

    ld.global.f32 %now, [%image];
    ld.global.f32 %goal, [%target];
    sub.f32 %goal, %goal, %now;
    fma.rn.f32 %now, %goal, %rate, %now;
    st.global.f32 [%image], %now;
DONE:
    ret;
}
"""
