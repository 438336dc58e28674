import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

from ai_worker.pipeline import CpuDenoiser, Pipeline, png
from ai_worker.queue import Job


@pytest.mark.parametrize("steps", [0, 1, 10, 50])
def test_more_steps_leave_less_noise(steps: int) -> None:
    noise, target = np.ones((4, 4, 3), np.float32), np.zeros((4, 4, 3), np.float32)
    image = CpuDenoiser().denoise(noise, target, steps)
    np.testing.assert_allclose(image, 1 / (steps + 1), rtol=1e-5)
    assert np.all(noise == 1), "the noise was changed in place"


def test_a_prompt_gives_its_image_and_another_gives_another(job: Job) -> None:
    pipeline = Pipeline(CpuDenoiser())
    assert pipeline.draw(job) == pipeline.draw(replace(job, prompt=" A Penguin "))
    assert pipeline.draw(job) != pipeline.draw(replace(job, prompt="a whale"))


def test_the_images_of_a_job_stand_side_by_side_and_differ(job: Job) -> None:
    data = Pipeline(CpuDenoiser()).draw(job)
    pixels = read(data)
    assert pixels.shape == (128, 2 * 64, 3)
    assert not np.array_equal(pixels[:, :64], pixels[:, 64:])


def test_colours_are_written_as_bytes_and_cut_at_the_ends() -> None:
    pixels = np.array([[[0, 0.5, 1], [-1, 2, 0.25]]], np.float32)
    assert read(png(pixels)).tolist() == [[[0, 128, 255], [0, 255, 64]]]


def read(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The pixels of a PNG without filters, every checksum checked."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 4 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length) == (zlib.crc32(body),)
        chunks[body[:4]] = body[4:]
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    raw = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8)
    return raw.reshape(height, 1 + width * 3)[:, 1:].reshape(height, width, 3)
