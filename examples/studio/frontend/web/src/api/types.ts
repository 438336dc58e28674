/** A published image, as gallery-service tells it. */
export interface Image {
  image_id: string;
  title: string;
  url: string;
  author_id: string;
  tags: string[];
  likes: number;
  published_at: string;
}

/** Some images; next_cursor is null on the last page. */
export interface ImagePage {
  images: Image[];
  next_cursor: string | null;
}

export const qualities = ["draft", "standard", "fine"] as const;
export type Quality = (typeof qualities)[number];

/** What a user asks for. */
export interface JobRequest {
  prompt: string;
  images: number;
  quality: Quality;
}

export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** A job, as generation-service tells it. */
export interface Job {
  job_id: string;
  state: JobState;
  prompt: string;
  cost: number;
  result_url: string | null;
  error: string | null;
}

/** Whether nothing more will happen to a job. */
export function isOver(job: Job): boolean {
  return job.state !== "queued" && job.state !== "running";
}
