"""A generation job: what is to be drawn, what it costs, and the states it goes through."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from pingvas_common import ConflictError, Credits, InvalidInputError


@dataclass(frozen=True, slots=True)
class Job:
    """A job, never changed in place: every step gives the next one."""

    user_id: UUID
    request: "Request"
    cost: Credits
    state: "State"
    job_id: UUID = field(default_factory=uuid4)
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    result_url: str | None = None
    error: str | None = None

    def to(
        self, state: "State", *, result_url: str | None = None, error: str | None = None
    ) -> "Job":
        """The job in its next state. A step that isn't in the table is refused."""
        if state not in _NEXT[self.state]:
            raise ConflictError(f"job {self.job_id} is {self.state} and can't become {state}")
        if (state is State.SUCCEEDED) != (result_url is not None):
            raise InvalidInputError("a job has a result exactly when it succeeded")
        if (state is State.FAILED) != (error is not None):
            raise InvalidInputError("a job has an error exactly when it failed")
        return replace(
            self, state=state, result_url=result_url, error=error, updated_at=datetime.now(UTC)
        )

    @property
    def refundable(self) -> bool:
        """Whether the user gets the credits back: nothing was drawn."""
        return self.state in (State.FAILED, State.CANCELLED)


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


_NEXT: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


class Quality(StrEnum):
    """How long the model looks at an image."""

    DRAFT = "draft"
    STANDARD = "standard"
    FINE = "fine"

    @property
    def steps(self) -> int:
        """The number of denoising steps."""
        return {Quality.DRAFT: 10, Quality.STANDARD: 25, Quality.FINE: 50}[self]


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be drawn."""

    prompt: str
    width: int = 512
    height: int = 512
    images: int = 1
    quality: Quality = Quality.STANDARD

    def __post_init__(self) -> None:
        if not self.prompt.strip() or len(self.prompt) > 1000:
            raise InvalidInputError("a prompt has 1 to 1000 characters")
        for name, side in (("width", self.width), ("height", self.height)):
            if side % 64 or not 64 <= side <= 2048:
                raise InvalidInputError(f"{name} {side} isn't a multiple of 64 up to 2048")
        if not 1 <= self.images <= 4:
            raise InvalidInputError(f"{self.images} images: a job draws 1 to 4")


# One credit buys 25 steps over 512 by 512 pixels; what is begun is paid for whole.
_STEP_PIXELS_PER_CREDIT = 25 * 512 * 512


def cost_of(request: Request) -> Credits:
    """What a request costs, known before it is queued."""
    one = request.width * request.height * request.quality.steps
    return Credits(-(-one // _STEP_PIXELS_PER_CREDIT) * request.images)
