"""The CUDA runtime, as far as it is needed, straight from its shared library."""

import ctypes
from typing import Protocol

# The image has the runtime and nothing else of CUDA, so there is no toolkit to ask.
LIBRARIES = ("libcudart.so.12", "libcudart.so.13", "libcudart.so")
DRIVER = "libcuda.so.1"

_NO_DEVICE = 100  # cudaErrorNoDevice
_NO_DRIVER = 35  # cudaErrorInsufficientDriver: what a machine without a driver answers


class CudaError(RuntimeError):
    """CUDA isn't there, or refused a call."""


class Library(Protocol):
    """A shared library: its functions answer with a status, 0 for success."""

    def __getattr__(self, name: str) -> "Function": ...


class Function(Protocol):
    """A function of a shared library."""

    def __call__(self, *arguments: object) -> int: ...


def load() -> "Runtime":
    """The runtime of this machine."""
    for name in LIBRARIES:
        try:
            return Runtime(ctypes.CDLL(name))
        except OSError:
            continue
    raise CudaError(f"none of {', '.join(LIBRARIES)} can be loaded")


def load_driver() -> Library:
    """The driver, which the container runtime puts into a container that was given a GPU."""
    try:
        return ctypes.CDLL(DRIVER)
    except OSError as error:
        raise CudaError(f"{DRIVER} can't be loaded: the container was given no GPU") from error


class Runtime:
    """The calls of libcudart, each checked."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def version(self) -> tuple[int, int]:
        """The version of the runtime; it answers without a driver."""
        number = ctypes.c_int()
        self.call("cudaRuntimeGetVersion", ctypes.byref(number))
        return number.value // 1000, number.value % 1000 // 10

    def device_count(self) -> int:
        """How many devices there are: none where there is no driver."""
        count = ctypes.c_int()
        status = self._library.cudaGetDeviceCount(ctypes.byref(count))
        if status in (_NO_DEVICE, _NO_DRIVER):
            return 0
        check("cudaGetDeviceCount", status)
        return count.value

    def call(self, name: str, *arguments: object) -> None:
        """Call a function by name; what isn't success is raised."""
        check(name, getattr(self._library, name)(*arguments))


def check(name: str, status: int) -> None:
    """Raise what isn't success."""
    if status != 0:
        raise CudaError(f"{name} failed with CUDA error {status}")
