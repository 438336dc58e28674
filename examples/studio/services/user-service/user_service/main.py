"""The HTTP edge: `uvicorn user_service.main:app`."""

from datetime import datetime
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from user_service.users import MemoryUserStore, Plan, User, UserError, Users


class Registration(BaseModel):
    """What a new account is made of."""

    email: str
    handle: str


class PlanChange(BaseModel):
    """The plan to move to."""

    plan: Plan


class UserView(BaseModel):
    """An account as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    user_id: UUID
    email: str
    handle: str
    plan: Plan
    created_at: datetime
    closed_at: datetime | None


def create_app(users: Users) -> FastAPI:
    """The service over the given accounts."""
    app = FastAPI(title="user-service")

    @app.exception_handler(UserError)
    async def refused(_: Request, error: UserError) -> JSONResponse:
        return JSONResponse({"message": str(error)}, status_code=error.status)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/users", status_code=201, response_model=UserView)
    async def register(body: Registration) -> User:
        return users.register(body.email, body.handle)

    @app.get("/users/{user_id}", response_model=UserView)
    async def get(user_id: UUID) -> User:
        return users.get(user_id)

    @app.put("/users/{user_id}/plan", response_model=UserView)
    async def change_plan(user_id: UUID, body: PlanChange) -> User:
        return users.change_plan(user_id, body.plan)

    @app.delete("/users/{user_id}", response_model=UserView)
    async def close(user_id: UUID) -> User:
        return users.close(user_id)

    return app


app = create_app(Users(MemoryUserStore()))
