import urllib.request
from urllib.error import HTTPError

import pytest

from ai_worker.metrics import Metrics, serve


def test_metrics_are_served() -> None:
    metrics = Metrics(device="cpu")
    with serve(metrics, 0, "127.0.0.1") as port:
        metrics.succeeded()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            text = response.read().decode()
        assert 'ai_worker_jobs_total{device="cpu",outcome="succeeded"} 1\n' in text
        assert 'outcome="failed"} 0\n' in text
        with pytest.raises(HTTPError, match="404") as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")
        refused.value.close()
