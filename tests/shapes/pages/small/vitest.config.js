export default { test: { coverage: { include: ["src/heading.ts"] } } };
