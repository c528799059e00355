import { defineConfig } from "vitest/config";

/** One kind of tests: a directory of its own under tests/. The time-out is in milliseconds. */
function project(name: string, testTimeout: number, globalSetup: string[] = []) {
  return {
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      testTimeout,
      hookTimeout: testTimeout,
      globalSetup,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project("shim", 20_000),
      project("packaging", 120_000),
      project("e2e", 180_000, ["tests/e2e/setup.ts"]),
    ],
    // Each end-to-end test keeps about one core busy with a real OpenCode.
    maxWorkers: 2,
  },
});
