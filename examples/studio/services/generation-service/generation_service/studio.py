"""The studio: it takes jobs, hands them to workers, and settles the credits."""

from collections import defaultdict
from uuid import UUID

from pingvas_common import Credits, NotFoundError

from generation_service.jobs import Job, Request, State, cost_of


class Studio:
    """Jobs in the order in which they came, and what each user has left."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, Job] = {}
        self._credits: defaultdict[UUID, Credits] = defaultdict(lambda: Credits(0))

    def grant(self, user_id: UUID, credits: Credits) -> Credits:
        """Give a user credits; the answer is what the user has now."""
        self._credits[user_id] += credits
        return self._credits[user_id]

    def balance(self, user_id: UUID) -> Credits:
        """What a user has left."""
        return self._credits[user_id]

    def submit(self, user_id: UUID, request: Request) -> Job:
        """Queue a job and take its cost, or refuse it and take nothing."""
        job = Job(user_id, request, cost_of(request), State.QUEUED)
        self._credits[user_id] -= job.cost
        self._jobs[job.job_id] = job
        return job

    def get(self, job_id: UUID) -> Job:
        """The job with this id."""
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFoundError(f"no job {job_id}")
        return job

    def lease(self) -> Job | None:
        """Hand the oldest queued job to a worker; None when there is none."""
        for job in self._jobs.values():
            if job.state is State.QUEUED:
                return self._keep(job.to(State.RUNNING))
        return None

    def succeed(self, job_id: UUID, result_url: str) -> Job:
        """A worker has drawn it."""
        return self._keep(self.get(job_id).to(State.SUCCEEDED, result_url=result_url))

    def fail(self, job_id: UUID, error: str) -> Job:
        """A worker could not draw it: the user gets the credits back."""
        return self._keep(self.get(job_id).to(State.FAILED, error=error))

    def cancel(self, job_id: UUID) -> Job:
        """The user doesn't want it any more, and gets the credits back."""
        return self._keep(self.get(job_id).to(State.CANCELLED))

    def _keep(self, job: Job) -> Job:
        self._jobs[job.job_id] = job
        if job.refundable:
            self.grant(job.user_id, job.cost)
        return job
