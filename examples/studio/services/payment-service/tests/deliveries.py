"""Webhooks as Lemon Squeezy delivers them, for the tests."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

SECRET = b"signing-secret-of-the-tests"
USER = UUID("6f0c1c3e-6a53-4d0e-9a57-0d8f6c7f2b11")
START = datetime(2026, 1, 1, tzinfo=UTC)


def delivery(event_name: str, day: int = 0, plan: str = "creator", subscription: int = 7) -> bytes:
    """The body of an event on a day."""
    invoice = event_name.startswith("subscription_payment_")
    attributes: dict[str, object] = {"updated_at": (START + timedelta(days=day)).isoformat()}
    if invoice:
        attributes["subscription_id"] = subscription
    return json.dumps(
        {
            "meta": {
                "event_name": event_name,
                "custom_data": {"user_id": str(USER), "plan": plan},
            },
            "data": {"id": "901" if invoice else str(subscription), "attributes": attributes},
        }
    ).encode()


def sign(body: bytes, secret: bytes = SECRET) -> str:
    """The signature header of a body."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()
