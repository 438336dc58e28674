from uuid import uuid4

import pytest
from pingvas_common import ConflictError, Credits, NotFoundError

from generation_service.jobs import Request, State
from generation_service.studio import Studio

USER = uuid4()


@pytest.fixture
def studio() -> Studio:
    studio = Studio()
    studio.grant(USER, Credits(3))
    return studio


def test_a_job_takes_its_cost_when_it_is_queued(studio: Studio) -> None:
    studio.submit(USER, Request("a penguin", images=2))
    assert studio.balance(USER) == Credits(1)


def test_a_job_that_cannot_be_paid_takes_nothing(studio: Studio) -> None:
    with pytest.raises(ConflictError, match="4 credits needed, 3 credits left"):
        studio.submit(USER, Request("a penguin", images=4))
    assert studio.balance(USER) == Credits(3)
    assert studio.lease() is None


def test_workers_get_the_oldest_job_first_and_each_job_once(studio: Studio) -> None:
    first = studio.submit(USER, Request("first"))
    second = studio.submit(USER, Request("second"))
    leased = [studio.lease(), studio.lease(), studio.lease()]
    assert [job and job.job_id for job in leased] == [first.job_id, second.job_id, None]


def test_a_failed_or_cancelled_job_is_paid_back_once(studio: Studio) -> None:
    failing = studio.submit(USER, Request("first"))
    cancelled = studio.submit(USER, Request("second"))
    studio.lease()
    studio.fail(failing.job_id, "out of memory")
    studio.cancel(cancelled.job_id)
    assert studio.balance(USER) == Credits(3)
    with pytest.raises(ConflictError):
        studio.cancel(cancelled.job_id)
    assert studio.balance(USER) == Credits(3)


def test_a_job_that_succeeded_is_paid(studio: Studio) -> None:
    job = studio.submit(USER, Request("a penguin"))
    studio.lease()
    done = studio.succeed(job.job_id, "https://cdn.pingvas.studio/1.png")
    assert done.state is State.SUCCEEDED
    assert studio.balance(USER) == Credits(2)


def test_an_unknown_job_is_refused(studio: Studio) -> None:
    with pytest.raises(NotFoundError):
        studio.get(uuid4())
