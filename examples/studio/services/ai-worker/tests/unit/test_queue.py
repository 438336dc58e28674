"""The queue, over real HTTP on loopback, against a server that answers as generation-service."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ai_worker.queue import HttpQueue, Job


class Server(ThreadingHTTPServer):
    leases: list[Job]
    outcomes: dict[str, object]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/worker/lease":
            if not self.server.leases:
                self.send_response(204)
                return self.end_headers()
            job = self.server.leases.pop()
            fields = {name: getattr(job, name) for name in Job.__dataclass_fields__}
            return self.answer({**fields, "state": "running", "cost": 1})
        self.server.outcomes[self.path] = json.loads(body)
        return self.answer({})

    def answer(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.leases, server.outcomes = [], {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def queue(server: Server) -> HttpQueue:
    return HttpQueue(f"http://127.0.0.1:{server.server_address[1]}")


def test_a_job_is_leased_until_there_is_none(server: Server, queue: HttpQueue, job: Job) -> None:
    server.leases.append(job)
    assert queue.lease() == job
    assert queue.lease() is None


def test_outcomes_are_reported(server: Server, queue: HttpQueue, job: Job) -> None:
    queue.succeed(job, "https://cdn.pingvas.studio/1.png")
    succeeded = {"state": "succeeded", "result_url": "https://cdn.pingvas.studio/1.png"}
    assert server.outcomes == {f"/worker/jobs/{job.job_id}": succeeded}
    queue.fail(job, "out of memory")
    failed = {"state": "failed", "error": "out of memory"}
    assert server.outcomes == {f"/worker/jobs/{job.job_id}": failed}


def test_a_queue_that_is_not_there_is_an_os_error(server: Server, queue: HttpQueue) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(OSError, match="refused"):
        queue.lease()
