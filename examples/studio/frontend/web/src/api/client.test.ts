import { afterEach, describe, expect, it, vi } from "vitest";

import { ApiError, createClient } from "./client";

const client = createClient("https://api.pingvas.studio");

function answer(body: string, status = 200) {
  const fetching = vi.fn<typeof fetch>(() => Promise.resolve(new Response(body, { status })));
  vi.stubGlobal("fetch", fetching);
  return fetching;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("createClient", () => {
  it("asks for a page by its cursor", async () => {
    const fetching = answer('{"images":[],"next_cursor":null}');
    expect(await client.listImages("a+b=")).toEqual({ images: [], next_cursor: null });
    expect(fetching.mock.calls[0]?.[0]).toBe("https://api.pingvas.studio/images?cursor=a%2Bb%3D");
  });

  it("posts what is to be drawn", async () => {
    const fetching = answer('{"job_id":"1"}', 201);
    await client.submitJob("mina", { prompt: "a penguin", images: 2, quality: "fine" });
    const [url, request] = fetching.mock.calls[0] ?? [];
    expect(url).toBe("https://api.pingvas.studio/jobs");
    expect(request?.method).toBe("POST");
    expect(request?.body).toBe(
      '{"user_id":"mina","prompt":"a penguin","images":2,"quality":"fine"}',
    );
  });

  it.each([
    ['{"code":"conflict","message":"4 credits needed"}', 409, "4 credits needed"],
    ['{"detail":[]}', 422, "the service answered 422"],
    ["<html>", 502, "the service answered 502"],
  ])("tells why it was refused: %s", async (body, status, message) => {
    answer(body, status);
    await expect(client.getJob("1")).rejects.toEqual(new ApiError(status, message));
  });
});
