import type { Image, ImagePage, Job, JobRequest } from "./types";

/** The services, as the page uses them. */
export interface Client {
  listImages(cursor?: string): Promise<ImagePage>;
  like(imageId: string, userId: string): Promise<Image>;
  submitJob(userId: string, request: JobRequest): Promise<Job>;
  getJob(jobId: string): Promise<Job>;
}

/** What a service refused, in its own words. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A client of the services below a URL. */
export function createClient(apiUrl: string): Client {
  async function call<T>(path: string, body?: unknown): Promise<T> {
    const response = await fetch(apiUrl + path, {
      method: body === undefined ? "GET" : "POST",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!response.ok) {
      throw new ApiError(response.status, await reason(response));
    }
    return (await response.json()) as T;
  }

  return {
    listImages: (cursor) =>
      call(cursor === undefined ? "/images" : `/images?cursor=${encodeURIComponent(cursor)}`),
    like: (imageId, userId) => call(`/images/${imageId}/likes`, { user_id: userId }),
    submitJob: (userId, request) => call("/jobs", { user_id: userId, ...request }),
    getJob: (jobId) => call(`/jobs/${jobId}`),
  };
}

async function reason(response: Response): Promise<string> {
  const fallback = `the service answered ${response.status}`;
  try {
    const body = (await response.json()) as { message?: unknown };
    return typeof body.message === "string" ? body.message : fallback;
  } catch {
    return fallback;
  }
}
