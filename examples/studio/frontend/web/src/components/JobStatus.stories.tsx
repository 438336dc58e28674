import type { Meta, StoryObj } from "@storybook/react-vite";

import { JobStatus } from "./JobStatus";
import { sampleImage, sampleJob } from "./samples";

const meta = { component: JobStatus, args: { job: sampleJob() } } satisfies Meta<typeof JobStatus>;

export default meta;
type Story = StoryObj<typeof meta>;

export const Queued: Story = {};
export const Running: Story = { args: { job: sampleJob({ state: "running" }) } };
export const Succeeded: Story = {
  args: { job: sampleJob({ state: "succeeded", result_url: sampleImage(3).url }) },
};
export const Failed: Story = {
  args: { job: sampleJob({ state: "failed", error: "out of memory" }) },
};
