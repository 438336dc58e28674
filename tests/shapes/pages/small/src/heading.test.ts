import { expect, it } from "vitest";

import { heading } from "./heading";

it("names", () => {
  expect(heading("x")).toBe("Small: x");
});
