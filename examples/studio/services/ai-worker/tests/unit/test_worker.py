import threading
from email.message import Message
from urllib.error import HTTPError

import pytest

from ai_worker.metrics import Metrics
from ai_worker.pipeline import CpuDenoiser, Pipeline
from ai_worker.queue import Job
from ai_worker.settings import Settings
from ai_worker.worker import REPORT_TRIES, Worker


class MemoryQueue:
    """Jobs in memory; the given troubles come first, one at each report."""

    def __init__(self, *jobs: Job, troubles: tuple[OSError, ...] = ()) -> None:
        self.jobs = list(jobs)
        self.troubles = list(troubles)
        self.outcomes: dict[str, str] = {}
        self.empty = threading.Event()

    def lease(self) -> Job | None:
        if self.jobs:
            return self.jobs.pop(0)
        self.empty.set()
        return None

    def succeed(self, job: Job, result_url: str) -> None:
        self.settle(job, result_url)

    def fail(self, job: Job, error: str) -> None:
        self.settle(job, f"failed: {error}")

    def settle(self, job: Job, outcome: str) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.outcomes[job.job_id] = outcome


def worker(queue: MemoryQueue, settings: Settings) -> tuple[Worker, Metrics]:
    metrics = Metrics(device="cpu")
    return Worker(queue, Pipeline(CpuDenoiser()), settings, metrics), metrics


def test_a_job_is_drawn_stored_and_reported(settings: Settings, job: Job) -> None:
    queue = MemoryQueue(job)
    working, metrics = worker(queue, settings)
    assert working.once(threading.Event())
    assert queue.outcomes == {job.job_id: f"https://cdn.pingvas.studio/{job.job_id}.png"}
    assert [path.name for path in settings.output.iterdir()] == [f"{job.job_id}.png"]
    assert 'outcome="succeeded"} 1' in metrics.text()
    assert not working.once(threading.Event())


def test_a_job_that_cannot_be_drawn_is_reported(settings: Settings) -> None:
    queue = MemoryQueue(Job("bad", "a penguin", width=-64, height=64, images=1, steps=10))
    working, metrics = worker(queue, settings)
    assert working.once(threading.Event())
    assert queue.outcomes["bad"].startswith("failed: ")
    assert 'outcome="failed"} 1' in metrics.text()


def test_a_report_is_tried_again(settings: Settings, job: Job) -> None:
    queue = MemoryQueue(job, troubles=(ConnectionError("reset"), ConnectionError("reset")))
    worker(queue, settings)[0].once(threading.Event())
    assert job.job_id in queue.outcomes


@pytest.mark.parametrize(
    ("trouble", "left"),
    [
        (ConnectionError("reset"), 0),
        # A refusal is final, so it is asked once.
        (HTTPError("http://queue", 409, "cancelled", Message(), None), REPORT_TRIES - 1),
    ],
)
def test_a_report_in_vain_does_not_end_the_worker(
    settings: Settings, job: Job, trouble: OSError, left: int
) -> None:
    queue = MemoryQueue(job, troubles=(trouble,) * REPORT_TRIES)
    assert worker(queue, settings)[0].once(threading.Event())
    assert queue.outcomes == {}
    assert len(queue.troubles) == left


def test_it_works_until_it_is_told_to_stop(settings: Settings, job: Job) -> None:
    queue, stop = MemoryQueue(job), threading.Event()
    thread = threading.Thread(target=worker(queue, settings)[0].run, args=(stop,))
    thread.start()
    assert queue.empty.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert job.job_id in queue.outcomes
    assert settings.heartbeat.exists()


def test_a_queue_that_cannot_be_reached_is_asked_again(settings: Settings) -> None:
    stop, asked = threading.Event(), 0

    class Unreachable(MemoryQueue):
        def lease(self) -> Job | None:
            nonlocal asked
            asked += 1
            if asked == 3:
                stop.set()
            raise ConnectionError("refused")

    worker(Unreachable(), settings)[0].run(stop)
    assert asked == 3
