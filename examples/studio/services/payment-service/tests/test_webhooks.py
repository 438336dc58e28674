import json

import pytest
from deliveries import SECRET, START, USER, delivery, sign
from pingvas_common import ForbiddenError, InvalidInputError

from payment_service.plans import Plan
from payment_service.webhooks import Kind, read_event


@pytest.mark.parametrize("kind", Kind)
def test_a_signed_event_is_read(kind: Kind) -> None:
    body = delivery(kind)
    event = read_event(body, sign(body), SECRET)
    assert event is not None
    assert (event.kind, event.user_id, event.plan) == (kind, USER, Plan.CREATOR)
    assert (event.subscription_id, event.at) == ("7", START)


def test_an_event_that_is_none_of_ours_is_left_alone() -> None:
    body = json.dumps({"meta": {"event_name": "order_created"}}).encode()
    assert read_event(body, sign(body), SECRET) is None


@pytest.mark.parametrize(
    "signature",
    [None, "", "é", "0" * 64, sign(delivery("subscription_created"), b"another secret")],
)
def test_a_wrong_signature_is_refused(signature: str | None) -> None:
    with pytest.raises(ForbiddenError, match="signature doesn't match"):
        read_event(delivery("subscription_created"), signature, SECRET)


def test_a_changed_body_is_refused() -> None:
    body = delivery("subscription_created")
    changed = body.replace(b"creator", b"studio")
    assert changed != body
    with pytest.raises(ForbiddenError):
        read_event(changed, sign(body), SECRET)


def test_without_a_secret_nothing_is_believed() -> None:
    body = delivery("subscription_created")
    with pytest.raises(ForbiddenError, match="set LEMON_SQUEEZY_WEBHOOK_SECRET"):
        read_event(body, sign(body, b""), b"")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"not json", "body: Invalid JSON"),
        (b"{}", "meta: Field required"),
        (delivery("subscription_created", plan="gold"), r"meta\.custom_data\.plan"),
        (b'{"meta": {"event_name": "subscription_created"}}', r"meta\.custom_data: Field required"),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        read_event(body, sign(body), SECRET)
