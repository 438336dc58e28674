import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { sampleJob } from "../components/samples";
import type { Client } from "./client";
import type { Job } from "./types";
import { useJob } from "./useJob";

/** A socket that the test speaks through. */
class FakeSocket {
  static last: FakeSocket | undefined;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;

  constructor(readonly url: string) {
    FakeSocket.last = this;
  }

  close() {
    this.closed = true;
    this.onclose?.();
  }

  say(job: Job) {
    act(() => this.onmessage?.({ data: JSON.stringify(job) }));
  }
}

const getJob = vi.fn<Client["getJob"]>();
const client: Client = {
  getJob,
  submitJob: () => Promise.reject(new Error("unused")),
  listImages: () => Promise.reject(new Error("unused")),
  like: () => Promise.reject(new Error("unused")),
};

beforeEach(() => {
  FakeSocket.last = undefined;
  getJob.mockReset();
  vi.stubGlobal("WebSocket", FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function follow(job: Job | undefined) {
  return renderHook(() => useJob(client, "wss://api.pingvas.studio", job));
}

describe("useJob", () => {
  it("is told over the socket until the job is over", () => {
    const { result } = follow(sampleJob());
    expect(FakeSocket.last?.url).toBe("wss://api.pingvas.studio/jobs/job-1");
    FakeSocket.last?.say(sampleJob({ state: "running" }));
    expect(result.current?.state).toBe("running");
    FakeSocket.last?.say(sampleJob({ state: "succeeded", result_url: "1.png" }));
    expect(result.current?.result_url).toBe("1.png");
    expect(FakeSocket.last?.closed).toBe(true);
    expect(getJob).not.toHaveBeenCalled();
  });

  it("asks where there is no socket, and goes on after an error", async () => {
    vi.useFakeTimers();
    getJob
      .mockRejectedValueOnce(new Error("offline"))
      .mockResolvedValueOnce(sampleJob({ state: "running" }))
      .mockResolvedValueOnce(sampleJob({ state: "failed", error: "out of memory" }));
    const { result } = follow(sampleJob());
    act(() => FakeSocket.last?.onclose?.());
    const states = [];
    for (let round = 0; round < 4; round++) {
      await act(() => vi.advanceTimersByTimeAsync(2000));
      states.push(result.current?.state);
    }
    expect(states).toEqual(["running", "failed", "failed", "failed"]);
    expect(getJob).toHaveBeenCalledTimes(3);
  });

  it("stops when the page is left", () => {
    const { unmount } = follow(sampleJob());
    unmount();
    expect(FakeSocket.last?.closed).toBe(true);
    expect(getJob).not.toHaveBeenCalled();
  });

  it("follows nothing when there is nothing to follow", () => {
    expect(follow(undefined).result.current).toBeUndefined();
    const over = sampleJob({ state: "cancelled" });
    expect(follow(over).result.current).toEqual(over);
    expect(FakeSocket.last).toBeUndefined();
  });
});
