import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { JobState } from "../api/types";
import { JobStatus } from "./JobStatus";
import { PromptForm } from "./PromptForm";
import { sampleJob } from "./samples";

describe("JobStatus", () => {
  it.each<[JobState, string]>([
    ["queued", "waits for a worker"],
    ["running", "is being drawn"],
    ["succeeded", "is ready"],
    ["failed", "could not be drawn"],
    ["cancelled", "was cancelled"],
  ])("says where a job is: %s", (state, words) => {
    render(<JobStatus job={sampleJob({ state })} />);
    expect(screen.getByRole("status").textContent).toContain(words);
  });

  it("shows the image, and the reason of a failure", () => {
    render(<JobStatus job={sampleJob({ state: "succeeded", result_url: "1.png" })} />);
    expect(screen.getByAltText("a penguin").getAttribute("src")).toBe("1.png");
    render(<JobStatus job={sampleJob({ state: "failed", error: "out of memory" })} />);
    expect(screen.getByText(/out of memory/)).toBeTruthy();
  });
});

describe("PromptForm", () => {
  it("hands over what was asked for", async () => {
    const onSubmit = vi.fn();
    render(<PromptForm onSubmit={onSubmit} />);
    await userEvent.type(screen.getByLabelText("Prompt"), "  a penguin ");
    await userEvent.selectOptions(screen.getByLabelText("Quality"), "fine");
    await userEvent.type(screen.getByLabelText("Images"), "9", {
      initialSelectionStart: 0,
      initialSelectionEnd: 1,
    });
    await userEvent.click(screen.getByRole("button", { name: "Draw" }));
    expect(onSubmit).toHaveBeenCalledWith({ prompt: "a penguin", images: 4, quality: "fine" });
  });

  it("doesn't take an empty prompt", async () => {
    render(<PromptForm onSubmit={vi.fn()} />);
    await userEvent.type(screen.getByLabelText("Prompt"), "   ");
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Draw" }).disabled).toBe(true);
  });
});
