"""Subscriptions, as their events leave them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pingvas_common import Credits, NotFoundError

from payment_service.plans import Plan
from payment_service.webhooks import Event, Kind


class Subscriptions:
    """What each user is subscribed to. Events may come twice and in any order."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, Subscription] = {}
        self._seen: set[str] = set()

    def apply(self, event: Event) -> bool:
        """Take an event in; False when it was known already."""
        if event.event_id in self._seen:
            return False
        self._seen.add(event.event_id)
        known = self._subscriptions.get(event.subscription_id)
        self._subscriptions[event.subscription_id] = _after(known, event)
        return True

    def of(self, user_id: UUID) -> "Subscription":
        """The newest subscription of a user."""
        mine = [one for one in self._subscriptions.values() if one.user_id == user_id]
        if not mine:
            raise NotFoundError(f"user {user_id} has no subscription")
        return max(mine, key=lambda one: one.since)


class Status(StrEnum):
    """Whether a subscription gives anything."""

    PENDING = "pending"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A user's subscription; since is the time of the event that gave it its status."""

    subscription_id: str
    user_id: UUID
    plan: Plan
    status: Status
    since: datetime
    earned: Credits


_STATUS = {
    Kind.CREATED: Status.PENDING,
    Kind.PAID: Status.ACTIVE,
    Kind.UNPAID: Status.PAST_DUE,
    Kind.CANCELLED: Status.CANCELLED,
    Kind.EXPIRED: Status.EXPIRED,
}


def _after(known: Subscription | None, event: Event) -> Subscription:
    """A late event still earns its credits, but a newer event has given the status."""
    status = _STATUS[event.kind]
    paid = event.plan.credits if event.kind is Kind.PAID else Credits(0)
    fresh = Subscription(event.subscription_id, event.user_id, event.plan, status, event.at, paid)
    if known is None:
        return fresh
    newest = fresh if event.at >= known.since else known
    return replace(newest, earned=known.earned + paid)
