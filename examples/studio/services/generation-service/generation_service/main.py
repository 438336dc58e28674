"""The HTTP edge: `uvicorn generation_service.main:app`."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Response
from fastapi import Request as HttpRequest
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pingvas_common import Credits, PingvasError
from pydantic import BaseModel, Field

from generation_service.jobs import Job, Quality, Request, State
from generation_service.studio import Studio


class Submission(BaseModel):
    """A job as its user asks for it."""

    user_id: UUID
    prompt: str
    width: int = 512
    height: int = 512
    images: int = 1
    quality: Quality = Quality.STANDARD

    def request(self) -> Request:
        return Request(self.prompt, self.width, self.height, self.images, self.quality)


class Succeeded(BaseModel):
    """A worker's good news."""

    state: Literal[State.SUCCEEDED]
    result_url: str


class Failed(BaseModel):
    """A worker's bad news."""

    state: Literal[State.FAILED]
    error: str


Outcome = Annotated[Succeeded | Failed, Field(discriminator="state")]


class Grant(BaseModel):
    """Credits to be given."""

    credits: Annotated[int, Field(gt=0)]


class Balance(BaseModel):
    """Credits that are left."""

    credits: int


class JobView(BaseModel):
    """A job as its user and its worker see it."""

    job_id: UUID
    state: State
    prompt: str
    width: int
    height: int
    images: int
    steps: int
    cost: int
    updated_at: datetime
    result_url: str | None
    error: str | None

    @classmethod
    def of(cls, job: Job) -> "JobView":
        request = job.request
        return cls(
            job_id=job.job_id,
            state=job.state,
            prompt=request.prompt,
            width=request.width,
            height=request.height,
            images=request.images,
            steps=request.quality.steps,
            cost=job.cost.amount,
            updated_at=job.updated_at,
            result_url=job.result_url,
            error=job.error,
        )


def create_app(studio: Studio, origins: Sequence[str] = ()) -> FastAPI:
    """The service over the given studio: for users, and for workers below /worker."""
    app = FastAPI(title="generation-service")
    app.add_middleware(
        CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"]
    )

    @app.exception_handler(PingvasError)
    async def refused(_: HttpRequest, error: PingvasError) -> JSONResponse:
        return JSONResponse(error.body(), status_code=error.status)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/jobs", status_code=201)
    async def submit(body: Submission) -> JobView:
        return JobView.of(studio.submit(body.user_id, body.request()))

    @app.get("/jobs/{job_id}")
    async def get(job_id: UUID) -> JobView:
        return JobView.of(studio.get(job_id))

    @app.post("/jobs/{job_id}/cancel")
    async def cancel(job_id: UUID) -> JobView:
        return JobView.of(studio.cancel(job_id))

    @app.get("/credits/{user_id}")
    async def balance(user_id: UUID) -> Balance:
        return Balance(credits=studio.balance(user_id).amount)

    @app.post("/credits/{user_id}")
    async def grant(user_id: UUID, body: Grant) -> Balance:
        return Balance(credits=studio.grant(user_id, Credits(body.credits)).amount)

    @app.post("/worker/lease", responses={204: {"description": "nothing to do"}})
    async def lease() -> Response:
        job = studio.lease()
        if job is None:
            return Response(status_code=204)
        return Response(JobView.of(job).model_dump_json(), media_type="application/json")

    @app.post("/worker/jobs/{job_id}")
    async def settle(job_id: UUID, outcome: Outcome) -> JobView:
        if isinstance(outcome, Succeeded):
            return JobView.of(studio.succeed(job_id, outcome.result_url))
        return JobView.of(studio.fail(job_id, outcome.error))

    return app


# The pages that may call from a browser: their origins, with spaces between.
app = create_app(Studio(), os.environ.get("CORS_ORIGINS", "").split())
