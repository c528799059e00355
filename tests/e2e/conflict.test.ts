/** Two tasks change the same line. One is merged, the other starts again on the new tip. */
import { expect, test } from "vitest";
import { barrier } from "./barrier.ts";
import { linksScript, type ScriptedTask } from "./links.ts";
import { bash } from "./model.ts";
import { expectSuccess, planned } from "./outcome.ts";
import { inWorld } from "./shared.ts";

const task = (id: string, word: string): ScriptedTask => ({
  id,
  title: `Say ${word} in the description`,
  description: `The description in package.json says ${word}.`,
  depends_on: [],
  acceptance: [`package.json holds the word ${word}`],
  scope: { files_hint: ["package.json"], estimated_hours: 1 },
  context: { constraints: [], patterns: [], gotchas: [] },
  solution: {},
});
const TASKS = [task("T01", "durable"), task("T02", "friendly")];

test("the second task is done again with the conflict as evidence, and both words are in the end", () => {
  const together = barrier(2);
  const script = linksScript(
    {
      implementer: async (call) => {
        if (call.attempt === 1 && call.step === 0) await together();
        const word = call.task === "T01" ? "durable" : "friendly";
        return [
          {
            tools: [
              bash(
                `sed -i 's/kept in memory/kept ${word} in memory/; s/kept \\([a-z]*\\) in/kept ${word} and \\1 in/' package.json; sed -i 's/${word} and ${word}/${word}/' package.json`,
              ),
            ],
          },
          "Done.",
        ];
      },
    },
    TASKS,
  );
  return inWorld({ script }, async (world) => {
    planned(world, TASKS);
    expectSuccess(await world.run("implement"));

    const attempts = TASKS.map(({ id }) => world.model.opened("implementer", id));
    expect(attempts.map((calls) => calls.length).sort()).toEqual([1, 2]);
    const again = attempts.find((calls) => calls.length === 2)?.[1];
    expect(again?.text).toMatch(/Don't .*package\.json/);
    const text = world.repository.show("package.json", "mac/links") ?? "";
    expect(text).toContain("durable");
    expect(text).toContain("friendly");
    expect(text).not.toContain("<<<<");
    expect(world.repository.merges("mac/links")).toHaveLength(2);
  });
});
