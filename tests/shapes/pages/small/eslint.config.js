export default [
  { ignores: ["dist", "coverage", "storybook-static"] },
  { rules: { "no-var": "error", "prefer-const": "error" } },
];
