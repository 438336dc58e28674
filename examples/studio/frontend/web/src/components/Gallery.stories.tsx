import type { Meta, StoryObj } from "@storybook/react-vite";

import { Gallery } from "./Gallery";
import { sampleImage } from "./samples";

const meta = {
  component: Gallery,
  args: {
    images: [1, 2, 3, 4, 5].map(sampleImage),
    state: "more",
    onMore: () => undefined,
    onLike: () => undefined,
  },
} satisfies Meta<typeof Gallery>;

export default meta;
type Story = StoryObj<typeof meta>;

export const FirstPage: Story = {};
export const LastPage: Story = { args: { state: "end" } };
export const Empty: Story = { args: { images: [], state: "end" } };
export const Unreachable: Story = { args: { images: [], state: "failed" } };
