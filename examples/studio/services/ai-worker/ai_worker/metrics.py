"""Counters for Prometheus, served on /metrics."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Metrics:
    """What the worker has done since it started."""

    device: str
    _counts: dict[str, int] = field(default_factory=lambda: {"succeeded": 0, "failed": 0})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def succeeded(self) -> None:
        """A job was drawn."""
        self._count("succeeded")

    def failed(self) -> None:
        """A job could not be drawn."""
        self._count("failed")

    def text(self) -> str:
        """The counters in Prometheus' format."""
        with self._lock:
            counts = dict(self._counts)
        lines = ["# TYPE ai_worker_jobs_total counter"]
        lines += [
            f'ai_worker_jobs_total{{device="{self.device}",outcome="{outcome}"}} {count}'
            for outcome, count in counts.items()
        ]
        return "\n".join(lines) + "\n"

    def _count(self, outcome: str) -> None:
        with self._lock:
            self._counts[outcome] += 1


@contextmanager
def serve(metrics: Metrics, port: int, host: str = "") -> Iterator[int]:
    """Serve the metrics while the block runs; port 0 takes a free one, which is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/metrics":
                return self.send_error(404)
            body = metrics.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *_: object) -> None:
            """A scrape every few seconds is no news."""

    server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
