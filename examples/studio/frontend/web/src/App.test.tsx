import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError, type Client } from "./api/client";
import { App } from "./App";
import { sampleImage, sampleJob } from "./components/samples";

function fakeClient(changes: Partial<Client> = {}): Client {
  return {
    listImages: () => Promise.resolve({ images: [sampleImage(2), sampleImage(1)], next_cursor: null }),
    like: () => Promise.resolve({ ...sampleImage(1), likes: 8 }),
    submitJob: (_, request) => Promise.resolve(sampleJob({ prompt: request.prompt })),
    getJob: () => Promise.resolve(sampleJob()),
    ...changes,
  };
}

function show(changes: Partial<Client> = {}) {
  render(<App client={fakeClient(changes)} wsUrl="ws://localhost" userId="mina" />);
}

async function draw(prompt: string) {
  await userEvent.type(screen.getByLabelText("Prompt"), prompt);
  await userEvent.click(screen.getByRole("button", { name: "Draw" }));
}

beforeEach(() => {
  vi.stubGlobal(
    "WebSocket",
    class {
      close() {
        return undefined;
      }
    },
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("App", () => {
  it("shows the gallery, page by page", async () => {
    const listImages = vi
      .fn<Client["listImages"]>()
      .mockResolvedValueOnce({ images: [sampleImage(2)], next_cursor: "next" })
      .mockResolvedValueOnce({ images: [sampleImage(1)], next_cursor: null });
    show({ listImages });
    expect(await screen.findByAltText("Penguin 2")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show more" }));
    expect(await screen.findByAltText("Penguin 1")).toBeTruthy();
    expect(listImages.mock.calls).toEqual([[], ["next"]]);
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("says that the gallery can't be reached, and tries again", async () => {
    const listImages = vi
      .fn<Client["listImages"]>()
      .mockRejectedValueOnce(new Error("offline"))
      .mockResolvedValueOnce({ images: [], next_cursor: null });
    show({ listImages });
    await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await screen.findByText("Nothing is published yet.")).toBeTruthy();
  });

  it("counts a like", async () => {
    show();
    await userEvent.click(await screen.findByRole("button", { name: "Like Penguin 1" }));
    expect(await screen.findByText("♥ 8")).toBeTruthy();
  });

  it("follows the job that was asked for", async () => {
    show();
    await draw("a whale");
    expect((await screen.findByRole("status")).textContent).toContain("“a whale” waits");
  });

  it("tells why a job was refused", async () => {
    show({ submitJob: () => Promise.reject(new ApiError(409, "4 credits needed")) });
    await draw("a whale");
    expect((await screen.findByRole("alert")).textContent).toBe("4 credits needed");
  });
});
