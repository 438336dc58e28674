"""The HTTP edge: `uvicorn payment_service.main:app`."""

import os
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pingvas_common import Currency, PingvasError
from pydantic import BaseModel

from payment_service.plans import Plan
from payment_service.subscriptions import Status, Subscriptions
from payment_service.webhooks import read_event


class Offer(BaseModel):
    """A plan as it is offered."""

    plan: Plan
    price: str
    minor: int
    credits: int


class SubscriptionView(BaseModel):
    """A subscription as its user sees it."""

    subscription_id: str
    plan: Plan
    status: Status
    since: datetime
    earned: int


def create_app(subscriptions: Subscriptions, webhook_secret: bytes) -> FastAPI:
    """The service over the given subscriptions; without a secret no webhook is believed."""
    app = FastAPI(title="payment-service")

    @app.exception_handler(PingvasError)
    async def refused(_: Request, error: PingvasError) -> JSONResponse:
        return JSONResponse(error.body(), status_code=error.status)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/payments/plans")
    async def plans(currency: Currency = Currency.USD) -> list[Offer]:
        return [
            Offer(
                plan=plan,
                price=str(plan.price(currency)),
                minor=plan.price(currency).minor,
                credits=plan.credits.amount,
            )
            for plan in Plan
        ]

    @app.get("/payments/subscriptions/{user_id}")
    async def subscription(user_id: UUID) -> SubscriptionView:
        one = subscriptions.of(user_id)
        return SubscriptionView(
            subscription_id=one.subscription_id,
            plan=one.plan,
            status=one.status,
            since=one.since,
            earned=one.earned.amount,
        )

    @app.post("/payments/webhooks")
    async def webhook(
        request: Request, x_signature: Annotated[str | None, Header()] = None
    ) -> dict[str, bool]:
        event = read_event(await request.body(), x_signature, webhook_secret)
        return {"applied": event is not None and subscriptions.apply(event)}

    return app


app = create_app(Subscriptions(), os.environ.get("LEMON_SQUEEZY_WEBHOOK_SECRET", "").encode())
