from pathlib import Path

import pytest

from ai_worker.queue import Job
from ai_worker.settings import Settings

JOB = Job("6f0c1c3e", "a penguin", width=64, height=128, images=2, steps=10)


@pytest.fixture
def job() -> Job:
    return JOB


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read(
        {
            "AI_WORKER_OUTPUT": str(tmp_path / "images"),
            "AI_WORKER_HEARTBEAT": str(tmp_path / "heartbeat"),
            "AI_WORKER_PUBLIC_URL": "https://cdn.pingvas.studio/",
            "AI_WORKER_IDLE_SECONDS": "0.01",
        }
    )
