import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The longest files, most of which wait more than they work. */
const FIRST = ["provider", "kill", "two-opencodes"].map((name) => `${name}.test.ts`);

/** Begins with the longest files, so that none of them is left alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => FIRST.indexOf(basename(moduleId)) + 1;
    const first = sorted.filter((file) => rank(file) > 0).sort((a, b) => rank(a) - rank(b));
    return [...first, ...sorted.filter((file) => rank(file) === 0)];
  }
}

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
    sequence: { sequencer: LongestFirst },
  },
});
