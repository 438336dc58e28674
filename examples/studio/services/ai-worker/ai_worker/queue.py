"""Where jobs come from, and where their outcome goes."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be drawn."""

    job_id: str
    prompt: str
    width: int
    height: int
    images: int
    steps: int


class JobQueue(Protocol):
    """A queue hands a job to one worker, and is told how it went."""

    def lease(self) -> Job | None:
        """The next job, or None when there is nothing to do."""
        ...

    def succeed(self, job: Job, result_url: str) -> None:
        """The job is drawn, and can be seen there."""
        ...

    def fail(self, job: Job, error: str) -> None:
        """The job can't be drawn, for this reason."""
        ...


class HttpQueue:
    """The queue that generation-service keeps. Network trouble is raised as OSError."""

    def __init__(self, url: str, timeout: float = 10) -> None:
        self._url = url
        self._timeout = timeout

    def lease(self) -> Job | None:
        answer = self._post("/worker/lease", None)
        if answer is None:
            return None
        return Job(**{name: answer[name] for name in Job.__dataclass_fields__})

    def succeed(self, job: Job, result_url: str) -> None:
        outcome = {"state": "succeeded", "result_url": result_url}
        self._post(f"/worker/jobs/{job.job_id}", outcome)

    def fail(self, job: Job, error: str) -> None:
        self._post(f"/worker/jobs/{job.job_id}", {"state": "failed", "error": error})

    def _post(self, path: str, body: dict[str, str] | None) -> dict[str, Any] | None:
        request = urllib.request.Request(
            self._url + path,
            data=json.dumps(body).encode() if body is not None else b"",
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=self._timeout) as response:
            content = response.read()
        return json.loads(content) if content else None
