from collections.abc import Iterator

import pytest
from deliveries import SECRET, USER, delivery, sign
from fastapi.testclient import TestClient

from payment_service.main import create_app
from payment_service.subscriptions import Subscriptions


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Subscriptions(), SECRET)) as client:
        yield client


def test_healthz(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_plans_are_offered_in_a_currency(client: TestClient) -> None:
    offers = client.get("/payments/plans", params={"currency": "KRW"}).json()
    assert offers[0] == {"plan": "creator", "price": "16000 KRW", "minor": 16000, "credits": 500}
    assert client.get("/payments/plans", params={"currency": "XXX"}).status_code == 422


def test_a_webhook_moves_a_subscription_once(client: TestClient) -> None:
    body = delivery("subscription_payment_success")
    headers = {"X-Signature": sign(body)}
    assert client.post("/payments/webhooks", content=body, headers=headers).json()["applied"]
    assert not client.post("/payments/webhooks", content=body, headers=headers).json()["applied"]
    subscription = client.get(f"/payments/subscriptions/{USER}").json()
    assert (subscription["status"], subscription["earned"]) == ("active", 500)


def test_an_unsigned_webhook_changes_nothing(client: TestClient) -> None:
    body = delivery("subscription_payment_success")
    refused = client.post("/payments/webhooks", content=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert client.get(f"/payments/subscriptions/{USER}").status_code == 404
