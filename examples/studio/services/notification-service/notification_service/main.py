"""The HTTP edge: `uvicorn notification_service.main:app`."""

from datetime import datetime
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from notification_service.notices import MemoryNoticeStore, Notice, NoticeError, Notices, Topic


class Message(BaseModel):
    """What a user is to be told of, and the values that its text names."""

    topic: Topic
    values: dict[str, str] = {}


class NoticeView(BaseModel):
    """A notice as its reader sees it."""

    model_config = ConfigDict(from_attributes=True)

    notice_id: UUID
    topic: Topic
    title: str
    text: str
    sent_at: datetime
    read_at: datetime | None


def create_app(notices: Notices) -> FastAPI:
    """The service over the given notices."""
    app = FastAPI(title="notification-service")

    @app.exception_handler(NoticeError)
    async def refused(_: Request, error: NoticeError) -> JSONResponse:
        return JSONResponse({"message": str(error)}, status_code=error.status)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/send/{user_id}", status_code=201, response_model=NoticeView)
    async def send(user_id: UUID, body: Message) -> Notice:
        return notices.send(user_id, body.topic, body.values)

    @app.get("/notices/{user_id}", response_model=list[NoticeView])
    async def unread(user_id: UUID) -> list[Notice]:
        return notices.unread(user_id)

    @app.put("/notices/{user_id}/{notice_id}/read", response_model=NoticeView)
    async def read(user_id: UUID, notice_id: UUID) -> Notice:
        return notices.read(user_id, notice_id)

    return app


app = create_app(Notices(MemoryNoticeStore()))
