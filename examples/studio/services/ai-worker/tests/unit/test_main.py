"""The worker as a process, as its container starts it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def test_it_starts_beats_and_stops_when_told(tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    environment = {
        **os.environ,
        "AI_WORKER_DEVICE": "cpu",
        "AI_WORKER_HEARTBEAT": str(heartbeat),
        "AI_WORKER_METRICS_PORT": "0",
        "AI_WORKER_QUEUE_URL": "http://127.0.0.1:9",
        "AI_WORKER_IDLE_SECONDS": "0.05",
    }
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "ai_worker"]
    with subprocess.Popen(
        command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 30
        while not heartbeat.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert heartbeat.exists(), errors
    assert process.returncode == 0, errors
    assert "drawing on cpu" in errors
