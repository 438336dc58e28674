"""The loop: lease, draw, store, report."""

import logging
import threading
import urllib.error
from collections.abc import Callable

from ai_worker.metrics import Metrics
from ai_worker.pipeline import Pipeline
from ai_worker.queue import Job, JobQueue
from ai_worker.settings import Settings

log = logging.getLogger(__name__)

REPORT_TRIES = 5


class Worker:
    """One worker, one job at a time."""

    def __init__(
        self, queue: JobQueue, pipeline: Pipeline, settings: Settings, metrics: Metrics
    ) -> None:
        self._queue = queue
        self._pipeline = pipeline
        self._settings = settings
        self._metrics = metrics

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop. A queue that can't be reached is asked again."""
        while not stop.is_set():
            self._settings.heartbeat.touch()
            try:
                worked = self.once(stop)
            except OSError as error:
                log.warning("the queue can't be reached, asking again: %s", error)
                worked = False
            if not worked:
                stop.wait(self._settings.idle_seconds)

    def once(self, stop: threading.Event) -> bool:
        """Do one job; False when there was none."""
        job = self._queue.lease()
        if job is None:
            return False
        try:
            url = self._draw(job)
        except Exception as error:
            # Whatever went wrong, the user gets the credits back and the worker goes on.
            log.exception("job %s failed", job.job_id)
            self._metrics.failed()
            reason = str(error) or type(error).__name__
            self._report(lambda: self._queue.fail(job, reason), job, stop)
        else:
            self._metrics.succeeded()
            self._report(lambda: self._queue.succeed(job, url), job, stop)
        return True

    def _draw(self, job: Job) -> str:
        png = self._pipeline.draw(job)
        self._settings.output.mkdir(parents=True, exist_ok=True)
        name = f"{job.job_id}.png"
        # A reader never sees half an image: it is renamed into place.
        part = self._settings.output / f".{name}.part"
        part.write_bytes(png)
        part.replace(self._settings.output / name)
        return f"{self._settings.public_url}/{name}"

    def _report(self, send: Callable[[], None], job: Job, stop: threading.Event) -> None:
        for attempt in range(1, REPORT_TRIES + 1):
            try:
                return send()
            except urllib.error.HTTPError as error:
                # The queue has spoken: the job was cancelled meanwhile, say.
                return log.warning("job %s: the outcome was refused: %s", job.job_id, error)
            except OSError as error:
                log.warning("job %s: report %d failed: %s", job.job_id, attempt, error)
                stop.wait(self._settings.idle_seconds * attempt)
        log.error("job %s: its outcome could not be reported", job.job_id)
        return None
