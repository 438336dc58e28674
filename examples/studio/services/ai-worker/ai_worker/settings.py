"""What the worker is told by its environment."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Device(StrEnum):
    """Where to draw. Auto takes CUDA when a device is there; the others insist."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Settings:
    """The worker's settings, each with a default that works on a laptop."""

    queue_url: str
    public_url: str
    output: Path
    heartbeat: Path
    device: Device
    metrics_port: int
    idle_seconds: float

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in variables whose names begin with AI_WORKER_."""

        def value(name: str, default: str) -> str:
            return environment.get(f"AI_WORKER_{name}", default)

        scratch = Path(tempfile.gettempdir())
        try:
            return cls(
                queue_url=value("QUEUE_URL", "http://localhost:8000").rstrip("/"),
                public_url=value("PUBLIC_URL", "http://localhost:8080/images").rstrip("/"),
                output=Path(value("OUTPUT", str(scratch / "ai-worker"))),
                heartbeat=Path(value("HEARTBEAT", str(scratch / "ai-worker.heartbeat"))),
                device=Device(value("DEVICE", Device.AUTO)),
                metrics_port=int(value("METRICS_PORT", "9090")),
                idle_seconds=float(value("IDLE_SECONDS", "1")),
            )
        except ValueError as error:
            raise ValueError(f"a setting of ai-worker: {error}: correct the environment") from error
