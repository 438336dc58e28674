from uuid import uuid4

from fastapi.testclient import TestClient


def test_healthz(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_notice_is_sent_and_read(client: TestClient) -> None:
    user = uuid4()
    path = f"/notices/{user}"
    body = {"topic": "image-ready", "values": {"prompt": "a penguin"}}
    sent = client.post(f"/send/{user}", json=body)
    assert sent.status_code == 201
    assert client.get(path).json() == [sent.json()]
    read = client.put(f"{path}/{sent.json()['notice_id']}/read")
    assert read.json()["read_at"] is not None
    assert client.get(path).json() == []


def test_refusals_say_why(client: TestClient) -> None:
    path = f"/send/{uuid4()}"
    lacking = client.post(path, json={"topic": "image-ready"})
    assert lacking.status_code == 422
    assert "says prompt" in lacking.json()["message"]
    assert client.post(path, json={"topic": "weather"}).status_code == 422
    assert client.put(f"/notices/{uuid4()}/{uuid4()}/read").status_code == 404
