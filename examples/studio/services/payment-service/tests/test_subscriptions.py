from uuid import uuid4

import pytest
from deliveries import SECRET, USER, delivery, sign
from pingvas_common import Credits, Currency, NotFoundError

from payment_service.plans import Plan
from payment_service.subscriptions import Status, Subscriptions
from payment_service.webhooks import Event, Kind, read_event


def event(kind: Kind, day: int, plan: str = "creator", subscription: int = 7) -> Event:
    body = delivery(kind, day, plan, subscription)
    read = read_event(body, sign(body), SECRET)
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("events", "status", "earned"),
    [
        ([(Kind.CREATED, 0)], Status.PENDING, 0),
        ([(Kind.CREATED, 0), (Kind.PAID, 1)], Status.ACTIVE, 500),
        ([(Kind.PAID, 1), (Kind.PAID, 31)], Status.ACTIVE, 1000),
        ([(Kind.PAID, 1), (Kind.UNPAID, 31)], Status.PAST_DUE, 500),
        ([(Kind.PAID, 1), (Kind.CANCELLED, 5), (Kind.EXPIRED, 31)], Status.EXPIRED, 500),
        # Out of order: the newest event gives the status, and no payment is lost.
        ([(Kind.CANCELLED, 5), (Kind.PAID, 1), (Kind.CREATED, 0)], Status.CANCELLED, 500),
        # Delivered twice.
        ([(Kind.PAID, 1), (Kind.PAID, 1)], Status.ACTIVE, 500),
    ],
)
def test_events_leave_a_subscription(
    events: list[tuple[Kind, int]], status: Status, earned: int
) -> None:
    subscriptions = Subscriptions()
    for kind, day in events:
        subscriptions.apply(event(kind, day))
    one = subscriptions.of(USER)
    assert (one.status, one.earned) == (status, Credits(earned))


def test_a_delivery_is_applied_once() -> None:
    subscriptions = Subscriptions()
    assert subscriptions.apply(event(Kind.PAID, 1))
    assert not subscriptions.apply(event(Kind.PAID, 1))


def test_the_newest_subscription_is_the_one_of_the_user() -> None:
    subscriptions = Subscriptions()
    subscriptions.apply(event(Kind.PAID, 40, "studio", 8))
    subscriptions.apply(event(Kind.EXPIRED, 31))
    assert subscriptions.of(USER).plan is Plan.STUDIO
    with pytest.raises(NotFoundError, match="has no subscription"):
        subscriptions.of(uuid4())


@pytest.mark.parametrize(
    ("plan", "currency", "price"),
    [
        (Plan.CREATOR, Currency.USD, "12.00 USD"),
        (Plan.STUDIO, Currency.KRW, "65000 KRW"),
    ],
)
def test_plans_have_prices(plan: Plan, currency: Currency, price: str) -> None:
    assert str(plan.price(currency)) == price
