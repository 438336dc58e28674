"""The HTTP edge: `uvicorn gallery_service.main:app`."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints

from gallery_service.gallery import MAX_PAGE, Gallery, GalleryError, Image, Page

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]


class Publication(BaseModel):
    """An image to be shown."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
    url: HttpUrl
    author_id: UUID
    tags: Annotated[frozenset[Tag], Field(max_length=10)] = frozenset()


class ImageView(BaseModel):
    """An image as a visitor sees it."""

    model_config = ConfigDict(from_attributes=True)

    image_id: UUID
    title: str
    url: str
    author_id: UUID
    tags: list[str]
    likes: int
    published_at: datetime


class PageView(BaseModel):
    """A page of images; next_cursor is null on the last."""

    model_config = ConfigDict(from_attributes=True)

    images: list[ImageView]
    next_cursor: str | None


class Like(BaseModel):
    """Who likes the image."""

    user_id: UUID


def create_app(gallery: Gallery, origins: Sequence[str] = ()) -> FastAPI:
    """The service over the given gallery."""
    app = FastAPI(title="gallery-service")
    app.add_middleware(
        CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"]
    )

    @app.exception_handler(GalleryError)
    async def refused(_: Request, error: GalleryError) -> JSONResponse:
        return JSONResponse({"message": str(error)}, status_code=error.status)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/images", response_model=PageView)
    async def page(
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
        cursor: str | None = None,
        tag: Tag | None = None,
    ) -> Page:
        return gallery.page(limit=limit, cursor=cursor, tag=tag)

    @app.post("/images", status_code=201, response_model=ImageView)
    async def publish(body: Publication) -> Image:
        return gallery.publish(
            Image(title=body.title, url=str(body.url), author_id=body.author_id, tags=body.tags)
        )

    @app.post("/images/{image_id}/likes", response_model=ImageView)
    async def like(image_id: UUID, body: Like) -> Image:
        return gallery.like(image_id, body.user_id)

    return app


# The pages that may call from a browser: their origins, with spaces between.
app = create_app(Gallery(), os.environ.get("CORS_ORIGINS", "").split())
