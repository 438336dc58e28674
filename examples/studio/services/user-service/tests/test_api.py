from uuid import uuid4

from fastapi.testclient import TestClient


def test_healthz(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_an_account_is_opened_changed_and_closed(client: TestClient) -> None:
    made = client.post("/users", json={"email": "mina@pingvas.studio", "handle": "mina"})
    assert made.status_code == 201
    path = f"/users/{made.json()['user_id']}"
    assert client.get(path).json() == made.json()
    assert client.put(f"{path}/plan", json={"plan": "creator"}).json()["plan"] == "creator"
    assert client.delete(path).json()["closed_at"] is not None


def test_refusals_say_why(client: TestClient) -> None:
    body = {"email": "mina@pingvas.studio", "handle": "mina"}
    client.post("/users", json=body)
    taken = client.post("/users", json=body)
    assert taken.status_code == 409
    assert "sign in instead" in taken.json()["message"]
    assert client.get(f"/users/{uuid4()}").status_code == 404
    assert client.post("/users", json={"email": "mina", "handle": "x"}).status_code == 422
    assert client.put(f"/users/{uuid4()}/plan", json={"plan": "gold"}).status_code == 422
