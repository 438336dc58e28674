"""What Lemon Squeezy sends: an event as JSON, signed over its raw bytes."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pingvas_common import ForbiddenError, InvalidInputError
from pydantic import AwareDatetime, BaseModel, ValidationError

from payment_service.plans import Plan


def read_event(body: bytes, signature: str | None, secret: bytes) -> "Event | None":
    """The event in a webhook's body; None for a kind that moves no subscription.

    Nothing is parsed before the signature is proven."""
    if not secret:
        raise ForbiddenError("no webhook is believed: set LEMON_SQUEEZY_WEBHOOK_SECRET")
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    if signature is None or not hmac.compare_digest(expected.encode(), signature.encode()):
        raise ForbiddenError("the webhook's signature doesn't match: check the signing secret")
    try:
        if _Named.model_validate_json(body).meta.event_name not in set(Kind):
            return None
        return _Body.model_validate_json(body).event(hashlib.sha256(body).hexdigest())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(f"webhook: {place or 'body'}: {first['msg']}") from error


class Kind(StrEnum):
    """The events that move a subscription."""

    CREATED = "subscription_created"
    PAID = "subscription_payment_success"
    UNPAID = "subscription_payment_failed"
    CANCELLED = "subscription_cancelled"
    EXPIRED = "subscription_expired"


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a subscription, at a time that orders it among the others."""

    kind: Kind
    # Events have no id of their own; a repeated delivery has the same bytes.
    event_id: str
    subscription_id: str
    user_id: UUID
    plan: Plan
    at: datetime


class _Name(BaseModel):
    event_name: str


class _Named(BaseModel):
    meta: _Name


class _Custom(BaseModel):
    # Our checkout puts these in, and every later event of the subscription carries them.
    user_id: UUID
    plan: Plan


class _Meta(BaseModel):
    event_name: Kind
    custom_data: _Custom


class _Attributes(BaseModel):
    updated_at: AwareDatetime
    # An invoice names its subscription; a subscription is itself.
    subscription_id: int | None = None


class _Data(BaseModel):
    id: str
    attributes: _Attributes


class _Body(BaseModel):
    meta: _Meta
    data: _Data

    def event(self, event_id: str) -> Event:
        return Event(
            kind=self.meta.event_name,
            event_id=event_id,
            subscription_id=str(self.data.attributes.subscription_id or self.data.id),
            user_id=self.meta.custom_data.user_id,
            plan=self.meta.custom_data.plan,
            at=self.data.attributes.updated_at,
        )
