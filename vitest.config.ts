import { defineConfig } from "vitest/config";

/** One kind of tests: a directory of its own under tests/. */
function project(name: string, testTimeout: number) {
  return {
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      testTimeout,
      hookTimeout: testTimeout,
    },
  };
}

export default defineConfig({
  test: {
    // `npm run demo` and the benchmarks are no tests. Times are in milliseconds.
    projects: [project("shim", 20_000), project("packaging", 120_000), project("e2e", 180_000)],
    // Each end-to-end test keeps about one core busy with a real OpenCode.
    maxWorkers: 2,
  },
});
