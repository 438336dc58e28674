from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from generation_service.main import create_app
from generation_service.studio import Studio

USER = str(uuid4())


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Studio(), ["https://pingvas.studio"])) as client:
        client.post(f"/credits/{USER}", json={"credits": 2})
        yield client


def submit(client: TestClient, prompt: str = "a penguin") -> str:
    response = client.post("/jobs", json={"user_id": USER, "prompt": prompt})
    assert response.status_code == 201, response.text
    return f"{response.json()['job_id']}"


def test_healthz(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_job_goes_from_user_to_worker_and_back(client: TestClient) -> None:
    job_id = submit(client)
    leased = client.post("/worker/lease").json()
    assert (leased["job_id"], leased["state"], leased["steps"]) == (job_id, "running", 25)
    outcome = {"state": "succeeded", "result_url": "https://cdn.pingvas.studio/1.png"}
    client.post(f"/worker/jobs/{job_id}", json=outcome)
    job = client.get(f"/jobs/{job_id}").json()
    assert (job["state"], job["result_url"]) == ("succeeded", outcome["result_url"])
    assert client.get(f"/credits/{USER}").json() == {"credits": 1}


def test_a_failed_job_is_paid_back(client: TestClient) -> None:
    job_id = submit(client)
    client.post("/worker/lease")
    settled = client.post(f"/worker/jobs/{job_id}", json={"state": "failed", "error": "no memory"})
    assert settled.json()["error"] == "no memory"
    assert client.get(f"/credits/{USER}").json() == {"credits": 2}


def test_an_idle_worker_is_told_so(client: TestClient) -> None:
    response = client.post("/worker/lease")
    assert (response.status_code, response.content) == (204, b"")


def test_refusals_have_a_code_and_a_reason(client: TestClient) -> None:
    job_id = submit(client)
    assert client.post(f"/jobs/{job_id}/cancel").json()["state"] == "cancelled"
    again = client.post(f"/jobs/{job_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert client.get(f"/jobs/{uuid4()}").json()["code"] == "not_found"
    refused = client.post("/jobs", json={"user_id": USER, "prompt": " "})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://pingvas.studio", "https://pingvas.studio"), ("https://elsewhere.example", None)],
)
def test_only_our_pages_may_call_from_a_browser(
    client: TestClient, origin: str, allowed: str | None
) -> None:
    response = client.get(f"/credits/{USER}", headers={"Origin": origin})
    assert response.headers.get("access-control-allow-origin") == allowed
