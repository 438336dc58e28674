from uuid import uuid4

import pytest
from pingvas_common import ConflictError, Credits, InvalidInputError

from generation_service.jobs import Job, Quality, Request, State, cost_of

EXTRAS = {
    State.SUCCEEDED: {"result_url": "https://cdn.pingvas.studio/1.png"},
    State.FAILED: {"error": "out of memory"},
}
STEPS = {
    (State.QUEUED, State.RUNNING),
    (State.QUEUED, State.CANCELLED),
    (State.RUNNING, State.SUCCEEDED),
    (State.RUNNING, State.FAILED),
    (State.RUNNING, State.CANCELLED),
}


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_a_job_takes_the_steps_of_the_table_and_no_other(before: State, after: State) -> None:
    job = Job(uuid4(), Request("a penguin"), Credits(1), before)
    extras = EXTRAS.get(after, {})
    if (before, after) in STEPS:
        assert job.to(after, **extras).state is after
    else:
        with pytest.raises(ConflictError, match=f"is {before} and can't become {after}"):
            job.to(after, **extras)


def test_a_result_and_an_error_belong_to_their_states() -> None:
    running = Job(uuid4(), Request("a penguin"), Credits(1), State.RUNNING)
    with pytest.raises(InvalidInputError, match="exactly when it succeeded"):
        running.to(State.SUCCEEDED)
    with pytest.raises(InvalidInputError, match="exactly when it failed"):
        running.to(State.CANCELLED, error="why?")


@pytest.mark.parametrize(
    ("request_", "credits"),
    [
        (Request("a penguin"), 1),
        (Request("a penguin", images=4), 4),
        (Request("a penguin", quality=Quality.FINE), 2),
        (Request("a penguin", quality=Quality.DRAFT), 1),
        (Request("a penguin", 1024, 1024), 4),
        (Request("a penguin", 576, 512), 2),
        (Request("a penguin", 64, 64, images=3), 3),
    ],
)
def test_a_job_costs_by_steps_and_pixels_rounded_up(request_: Request, credits: int) -> None:
    assert cost_of(request_) == Credits(credits)


@pytest.mark.parametrize(
    ("prompt", "width", "images", "why"),
    [
        (" ", 512, 1, "1 to 1000 characters"),
        ("x" * 1001, 512, 1, "1 to 1000 characters"),
        ("a penguin", 500, 1, "width 500 isn't a multiple of 64"),
        ("a penguin", 4096, 1, "width 4096"),
        ("a penguin", 0, 1, "width 0"),
        ("a penguin", 512, 5, "5 images"),
    ],
)
def test_what_cannot_be_drawn_is_refused(prompt: str, width: int, images: int, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        Request(prompt, width, images=images)
