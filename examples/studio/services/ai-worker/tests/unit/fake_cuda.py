"""A device of main memory: it obeys the calls of CUDA as the worker makes them.

It proves the host's side: what is passed, copied, launched and freed. The kernel itself is
proven in tests/gpu, on a GPU.
"""

import ctypes
from typing import Any

import numpy as np


class FakeCuda:
    """Both libraries in one. A function named in failing answers with error 2."""

    def __init__(self, devices: int = 1, status: int = 0, failing: str = "") -> None:
        self.devices, self.status, self.failing = devices, status, failing
        self.memory: dict[int, Any] = {}
        self.launches = 0

    def __getattr__(self, name: str) -> Any:
        if name == self.failing:
            return lambda *_: 2
        return getattr(type(self), f"do_{name}").__get__(self)

    def do_cudaRuntimeGetVersion(self, number: Any) -> int:
        number._obj.value = 12060
        return 0

    def do_cudaGetDeviceCount(self, count: Any) -> int:
        count._obj.value = self.devices
        return self.status

    def do_cudaSetDevice(self, device: int) -> int:
        return 0 if device < self.devices else 101

    def do_cudaMalloc(self, pointer: Any, size: Any) -> int:
        block = ctypes.create_string_buffer(size.value)
        pointer._obj.value = ctypes.addressof(block)
        self.memory[pointer._obj.value] = block
        return 0

    def do_cudaFree(self, pointer: Any) -> int:
        if pointer is not None:
            del self.memory[pointer.value]
        return 0

    def do_cudaMemcpy(self, to: Any, source: Any, size: Any, kind: int) -> int:
        on_device = to if kind == 1 else source
        assert size.value <= len(self.memory[on_device.value])
        ctypes.memmove(to, source, size.value)
        return 0

    def do_cuModuleLoadData(self, module: Any, image: bytes) -> int:
        assert b".entry denoise" in image
        module._obj.value = 1
        return 0

    def do_cuModuleGetFunction(self, function: Any, module: Any, name: bytes) -> int:
        assert (module.value, name) == (1, b"denoise")
        function._obj.value = 2
        return 0

    def do_cuLaunchKernel(self, kernel: Any, *arguments: Any) -> int:
        *shape, shared, stream, pointers, extra = arguments
        assert (kernel.value, shared, stream, extra) == (2, 0, None, None)
        image = ctypes.c_void_p.from_address(pointers[0]).value
        target = ctypes.c_void_p.from_address(pointers[1]).value
        rate = ctypes.c_float.from_address(pointers[2]).value
        size = ctypes.c_uint32.from_address(pointers[3]).value
        assert image is not None
        assert target is not None
        assert np.prod(shape) >= size
        now = np.frombuffer(self.memory[image], np.float32)
        now += (np.frombuffer(self.memory[target], np.float32) - now) * np.float32(rate)
        self.launches += 1
        return 0
