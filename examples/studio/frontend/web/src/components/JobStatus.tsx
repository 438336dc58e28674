import type { Job } from "../api/types";

interface Props {
  job: Job;
}

const said = {
  queued: "waits for a worker",
  running: "is being drawn",
  succeeded: "is ready",
  failed: "could not be drawn; the credits are yours again",
  cancelled: "was cancelled; the credits are yours again",
} as const satisfies Record<Job["state"], string>;

/** Where a job is, and its image when it is ready. */
export function JobStatus({ job }: Props) {
  return (
    <section aria-label="Job">
      <p role="status">
        “{job.prompt}” {said[job.state]}
        {job.error !== null && `: ${job.error}`}.
      </p>
      {job.result_url !== null && <img src={job.result_url} alt={job.prompt} />}
    </section>
  );
}
