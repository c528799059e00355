/** What a worker can do, and what happens to a worker that does something else. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXPIRY, linksScript, type ScriptedTask, solve } from "./links.ts";
import { bash, writeFile } from "./model.ts";
import { expectSuccess, orphans, planned, printed, statusOf } from "./outcome.ts";
import { inWorld } from "./shared.ts";

test("a write outside the worktree is denied, the agent is told, and the person's file stays", () => {
  let target = "";
  const script = linksScript(
    {
      implementer: () => [{ tools: [writeFile(target, "mine now\n")] }, ...solve(EXPIRY)],
    },
    [EXPIRY],
  );
  return inWorld({ script }, async (world) => {
    target = join(world.repository.directory, "README.md");
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(world.repository.read("README.md")).not.toContain("mine now");
    const results = world.model.callsOf("implementer").at(-1)?.results ?? [];
    expect(results[0]).not.toMatch(/success/i);
  });
});

test("BLOCKED: fails the task with the agent's reason", () =>
  inWorld(
    {
      script: linksScript(
        { implementer: "BLOCKED: the time zone is not decided\nI need to know." },
        [EXPIRY],
      ),
    },
    async (world) => {
      planned(world, [EXPIRY]);
      const end = await world.run("implement");
      expect(end.code).toBeGreaterThan(0);
      expect(printed(end)).toContain("the time zone is not decided");
      expect(statusOf(world, "T01")).toMatchObject({ status: "failed" });
      expect(world.model.opened("reviewer")).toEqual([]);
    },
  ));

test("a worker that changes nothing has failed its attempt", () => {
  const script = linksScript(
    { implementer: ({ attempt }) => (attempt === 1 ? "All done!" : solve(EXPIRY)) },
    [EXPIRY],
  );
  return inWorld({ script }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(world.model.opened("implementer")).toHaveLength(2);
    expect(statusOf(world, "T01")).toMatchObject({ attempts: 2 });
  });
});

test("a worker that hangs is stopped at its deadline and its process is gone", () => {
  const script = linksScript(
    {
      implementer: ({ attempt }) =>
        attempt === 1 ? [{ tools: [bash("sleep 300")] }] : solve(EXPIRY),
    },
    [EXPIRY],
  );
  return inWorld({ script, options: { taskTimeoutMs: 10_000 } }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(world.model.opened("implementer")).toHaveLength(2);
    expect(world.leftovers()).toEqual([]);
    expect(await orphans(world)).toEqual([]);
  });
});

test("dependencies that git does not carry are linked into the worktree", () => {
  const script = linksScript(
    { implementer: () => [{ tools: [bash("cat node_modules/left/index.js")] }, ...solve(EXPIRY)] },
    [EXPIRY],
  );
  return inWorld({ script }, async (world) => {
    world.repository.write(".gitignore", "node_modules\n");
    world.repository.commit("Ignore dependencies");
    world.repository.write("node_modules/left/index.js", "the dependency\n");
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(world.model.callsOf("implementer").at(-1)?.results[0]).toContain("the dependency");
    expect(world.repository.show("node_modules", "mac/links")).toBeUndefined();
  });
});

test("a project configuration that git does not know reaches the workers all the same", () =>
  inWorld({ script: linksScript({}, [EXPIRY]), isConfigCommitted: false }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(world.repository.merges("mac/links")).toHaveLength(1);
    expect(world.repository.show("opencode.json", "mac/links")).toBeUndefined();
  }));

test("a diff above 60 KB is reviewed in parts and one verdict is made of them", () => {
  const big: ScriptedTask = { ...EXPIRY, solution: { ...EXPIRY.solution } };
  for (const name of ["a", "b", "c"]) {
    big.solution[`src/table-${name}.js`] =
      `export const ${name} = [\n${`  "${name.repeat(60)}",\n`.repeat(500)}];\n`;
  }
  return inWorld({ script: linksScript({}, [big]) }, async (world) => {
    planned(world, [big]);
    expectSuccess(await world.run("implement"));
    const reviews = world.model.opened("reviewer");
    expect(reviews.length).toBeGreaterThan(1);
    for (const path of Object.keys(big.solution))
      expect(reviews.some(({ text }) => text.includes(path))).toBe(true);
    for (const { text } of reviews) {
      expect(Buffer.byteLength(text)).toBeLessThan(70_000);
      expect(text).toContain(big.acceptance[0]);
    }
    expect(world.repository.merges("mac/links")).toHaveLength(1);
  });
});

test("a provider that is busy for a moment costs no attempt", () => {
  let isBusy = true;
  const script = linksScript(
    {
      implementer: () => {
        if (!isBusy) return solve(EXPIRY);
        isBusy = false;
        return { status: 429, message: "too many requests", retryAfter_s: 1 };
      },
    },
    [EXPIRY],
  );
  return inWorld({ script }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(statusOf(world, "T01")).toMatchObject({ status: "completed", attempts: 1 });
  });
});
