"""From a prompt to a PNG: noise, pulled step by step towards what the prompt means."""

import hashlib
import struct
import zlib
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ai_worker.queue import Job

Pixels = NDArray[np.float32]


class Denoiser(Protocol):
    """The part that is worth a GPU."""

    @property
    def name(self) -> str:
        """Where it computes."""
        ...

    def denoise(self, noise: Pixels, target: Pixels, steps: int) -> Pixels:
        """The noise after so many steps towards the target, 1/(steps+1) of it left."""
        ...


class Pipeline:
    """Draws jobs. The same prompt gives the same image, on every device."""

    def __init__(self, denoiser: Denoiser) -> None:
        self._denoiser = denoiser

    def draw(self, job: Job) -> bytes:
        """The images of a job side by side, as one PNG."""
        return png(np.concatenate([self._one(job, n) for n in range(job.images)], axis=1))

    def _one(self, job: Job, number: int) -> Pixels:
        random = np.random.default_rng(_seed(job.prompt, number))
        target = _scene(random, job.width, job.height)
        noise = random.random(target.shape, dtype=np.float32)
        return self._denoiser.denoise(noise, target, job.steps)


def _seed(prompt: str, number: int) -> int:
    digest = hashlib.sha256(f"{number}:{prompt.strip().lower()}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def _scene(random: np.random.Generator, width: int, height: int) -> Pixels:
    """What the prompt means to a model without weights: a field of coloured waves."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    channels = []
    for _ in range(3):
        fx, fy, phase = random.uniform(1, 6), random.uniform(1, 6), random.uniform(0, 2 * np.pi)
        channels.append(0.5 + 0.5 * np.sin(2 * np.pi * (fx * x + fy * y) + phase))
    return np.stack(channels, axis=-1).astype(np.float32)


class CpuDenoiser:
    """The denoiser for machines without a GPU, and the measure of the other."""

    name = "cpu"

    def denoise(self, noise: Pixels, target: Pixels, steps: int) -> Pixels:
        image = noise.copy()
        for rate in rates(steps):
            image += (target - image) * np.float32(rate)
        return image


def rates(steps: int) -> list[float]:
    """How far each step goes: the last ones go furthest."""
    return [1 / (left + 1) for left in range(steps, 0, -1)]


def png(pixels: Pixels) -> bytes:
    """An image of colours between 0 and 1, as a PNG."""
    height, width, _ = pixels.shape
    rows = (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)
    # Each row begins with its filter: none.
    raw = np.insert(rows.reshape(height, width * 3), 0, 0, axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
