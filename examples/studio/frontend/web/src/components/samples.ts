import type { Image, Job } from "../api/types";

/** An image for stories and tests, drawn in its own URL. */
export function sampleImage(number: number): Image {
  const hue = (number * 67) % 360;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240"><rect width="240" height="240" fill="hsl(${hue} 70% 60%)"/></svg>`;
  return {
    image_id: `image-${number}`,
    title: `Penguin ${number}`,
    url: `data:image/svg+xml,${encodeURIComponent(svg)}`,
    author_id: "author",
    tags: ["penguin", "ice"],
    likes: number,
    published_at: "2026-01-01T12:00:00Z",
  };
}

/** A job for stories and tests. */
export function sampleJob(changes: Partial<Job> = {}): Job {
  return {
    job_id: "job-1",
    state: "queued",
    prompt: "a penguin",
    cost: 1,
    result_url: null,
    error: null,
    ...changes,
  };
}
