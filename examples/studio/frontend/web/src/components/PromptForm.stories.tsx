import type { Meta, StoryObj } from "@storybook/react-vite";

import { PromptForm } from "./PromptForm";

const meta = {
  component: PromptForm,
  args: { onSubmit: () => undefined },
} satisfies Meta<typeof PromptForm>;

export default meta;
type Story = StoryObj<typeof meta>;

export const Empty: Story = {};
