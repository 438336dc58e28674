import type { Meta, StoryObj } from "@storybook/react-vite";

import { ImageCard } from "./ImageCard";
import { sampleImage } from "./samples";

const meta = {
  component: ImageCard,
  args: { image: sampleImage(1), onLike: () => undefined },
} satisfies Meta<typeof ImageCard>;

export default meta;
type Story = StoryObj<typeof meta>;

export const Liked: Story = {};
export const WithoutTags: Story = { args: { image: { ...sampleImage(2), tags: [] } } };
