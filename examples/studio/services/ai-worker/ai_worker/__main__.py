"""`python -m ai_worker`: work until told to stop, and finish the job in hand."""

import logging
import os
import signal
import threading

from ai_worker.device import choose_denoiser
from ai_worker.metrics import Metrics, serve
from ai_worker.pipeline import Pipeline
from ai_worker.queue import HttpQueue
from ai_worker.settings import Settings
from ai_worker.worker import Worker


def main() -> None:
    """Put the worker together from the environment and run it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = Settings.read(os.environ)
    denoiser = choose_denoiser(settings.device)
    logging.info("drawing on %s", denoiser.name)

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    metrics = Metrics(device=denoiser.name)
    with serve(metrics, settings.metrics_port):
        queue = HttpQueue(settings.queue_url)
        Worker(queue, Pipeline(denoiser), settings, metrics).run(stop)


if __name__ == "__main__":
    main()
