/** A red test sends the task back with a few lines of what not to do, never with a transcript. */
import { expect, test } from "vitest";
import { EXPIRY, linksScript, solve } from "./links.ts";
import { expectSuccess, mergedTasks, planned, statusOf } from "./outcome.ts";
import { inWorld } from "./shared.ts";

const WRONG =
  "export function isExpired(link, now) {\n  return link.expiresAt !== undefined && now > link.expiresAt;\n}\n";

const script = linksScript(
  { implementer: ({ attempt }) => solve(EXPIRY, attempt === 1 ? { "src/expiry.js": WRONG } : {}) },
  [EXPIRY],
);

test("a failing gate is repaired by a second attempt that knows why the first one failed", () =>
  inWorld({ script }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));

    const [first, second, ...more] = world.model.opened("implementer", "T01");
    expect(more).toEqual([]);
    expect(first?.text).not.toContain("Don't");
    expect(second?.text).toMatch(/Don't .+\(test.*expiry\.test\.js/);
    expect(second?.text).not.toContain("TAP version");
    expect(Buffer.byteLength(second?.text ?? "")).toBeLessThanOrEqual(3_000);

    // A fresh session: nothing of the first one is in it, and the first one's files are gone.
    expect(second?.request.messages.filter(({ role }) => role !== "system")).toHaveLength(1);
    expect(world.model.opened("reviewer")).toHaveLength(1);

    expect(mergedTasks(world, "mac/links", [EXPIRY])).toEqual(["T01"]);
    expect(world.repository.show("src/expiry.js", "refs/mac/links/T01/1")).toBe(WRONG);
    expect(world.repository.show("src/expiry.js", "mac/links")).toBe(
      EXPIRY.solution["src/expiry.js"],
    );
    expect(statusOf(world, "T01")).toMatchObject({ status: "completed", attempts: 2 });
  }));

test("after the last attempt the task has failed, what depends on it is blocked, and the command says so", () =>
  inWorld(
    {
      script: linksScript({ implementer: solve(EXPIRY, { "src/expiry.js": WRONG }) }, [EXPIRY]),
      options: { maxRetries: 2 },
    },
    async (world) => {
      const dependent = {
        ...EXPIRY,
        id: "T02",
        title: "Something after it",
        acceptance: ["It is there"],
        depends_on: ["T01"],
      };
      planned(world, [EXPIRY, dependent]);
      const before = world.repository.fingerprint(["tasks"]);
      const end = await world.run("implement");

      expect(end.code).not.toBe(0);
      expect(world.model.opened("implementer")).toHaveLength(2);
      expect(statusOf(world, "T01")).toMatchObject({ status: "failed", attempts: 2 });
      expect(world.repository.read("tasks/BACKLOG.yaml")).toMatch(/id: T02[\s\S]*T01/);
      expect(end.stdout + end.stderr).toMatch(/T02[^\n]*T01/);
      expect(world.repository.fingerprint(["tasks"])).toEqual(before);
    },
  ));
