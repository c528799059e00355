/** Features built again from their specs: what is compared, what stops, and that nothing lands by itself. */
import { expect, test } from "vitest";
import {
  ADDRESS,
  EXPIRY,
  HITS,
  JOINED,
  LINKS,
  linksScript,
  type ScriptedTask,
  solve,
  taskNamed,
} from "./links.ts";
import type { Call } from "./model.ts";
import { expectSuccess, orphans, planned, printed, reason } from "./outcome.ts";
import { inWorld } from "./shared.ts";
import { landed, saveSpecs } from "./specs.ts";
import type { World } from "./world.ts";

const ID = "feature-001-expiry";
/** The same behaviour, said otherwise and tested otherwise. */
const OTHER = solve(EXPIRY, {
  "src/expiry.js":
    "/** Whether a link is over. */\nexport function isExpired({ expiresAt = Infinity }, now) {\n  return expiresAt <= now;\n}\n",
  "test/expiry.test.js":
    'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { isExpired } from "../src/expiry.js";\n\ntest("the moment it ends it is over", () => {\n  assert.ok(isExpired({ expiresAt: 5 }, 5));\n  assert.ok(!isExpired({}, 5));\n});\n',
});
/** Another behaviour at the exact moment, and a test of it. */
const LATER = solve(EXPIRY, {
  "src/expiry.js":
    "export function isExpired({ expiresAt = Infinity }, now) {\n  return expiresAt < now;\n}\n",
  "test/expiry.test.js":
    'import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { isExpired } from "../src/expiry.js";\n\ntest("a link is not over at the moment of its time", () => {\n  assert.ok(!isExpired({ expiresAt: 5 }, 5));\n  assert.ok(isExpired({ expiresAt: 5 }, 6));\n});\n',
});

interface Told {
  same?: boolean;
  completeness?: number;
  gaps?: { criteria: { text: string }[] }[];
}

function comparison(world: World, id: string): Told {
  return JSON.parse(world.repository.read(`tasks/regenerate/${id}/comparison.json`));
}

test("a landed feature is built again beside it, once the same and once not, and lands by one command", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    const result = world.repository.head();
    // Its spec was saved when it landed.
    const index = JSON.parse(world.repository.read("specs/.metadata.json"));
    const id: string = index.features[0].id;
    const before = world.repository.fingerprint(["tasks", "specs"]);

    world.model.follow(linksScript({ implementer: OTHER }, [EXPIRY]));
    const same = await world.run("regenerate", ["feature-001"]);
    expectSuccess(same);
    expect(printed(same)).toContain("The same behaviour");
    expect(comparison(world, id).same).toBe(true);

    world.model.follow(linksScript({ implementer: LATER }, [EXPIRY]));
    const other = await world.run("regenerate", [id]);
    expect(other.code).toBeGreaterThan(0);
    expect(reason(other)).toContain("does not pass the tests of the previous one");
    expect(printed(other)).toContain("a link is over when its time is");
    expect(comparison(world, id).same).toBe(false);

    expect(world.repository.fingerprint(["tasks", "specs"])).toEqual(before);
    expect(world.repository.read("tasks/BACKLOG.yaml")).toContain("track_id: links");
    // The previous implementation is in no commit that the workers' files came from.
    const log = world.repository.git("log", "--format=%H", `mac/${id}-r2^1`);
    expect(log.split("\n")).not.toContain(result);
    expect(await orphans(world)).toEqual([]);

    world.repository.git("merge", "-q", "--ff-only", `mac/${id}-r1`);
    expect(world.repository.read("src/expiry.js")).toContain("Infinity");
    expect(world.repository.git("log", "--format=%H").split("\n")).toContain(result);
  }));

/** The shortener has the lowest number and needs the two others. */
function three(world: World): void {
  const [expiry, hits, joined] = ["feature-002-expiry", "feature-003-hits", "feature-001-joined"];
  const features = [
    landed(world, expiry, [EXPIRY]),
    landed(world, hits, [HITS, ADDRESS]),
    landed(world, joined, [{ ...JOINED, depends_on: [] }], [expiry, hits]),
  ];
  saveSpecs(
    world,
    features.sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
}

test("--all builds each feature after those it depends on, stops at a red one, and goes on there", () =>
  inWorld(
    { script: linksScript(), options: { maxRetries: 1, rebase: { enabled: false } } },
    async (world) => {
      three(world);
      const broken = (call: Call) => {
        const task: ScriptedTask = taskNamed(call, LINKS);
        return solve(task, task === HITS ? { "src/hits.js": "export class Hits {}\n" } : {});
      };
      world.model.follow(linksScript({ implementer: broken }));
      const red = await world.run("regenerate", ["--all"]);
      expect(red.code).toBeGreaterThan(0);
      expect(reason(red)).toContain("feature-003-hits: 1 of 2 tasks is not done");
      expect(reason(red)).toContain("Not tried: feature-001-joined");

      world.model.follow(linksScript());
      const end = await world.run("regenerate", ["--all"]);
      expectSuccess(end);
      const tasks = world.model.opened("implementer").map((call) => call.task);
      expect(tasks.slice(0, 1)).toEqual(["T01"]);
      expect(tasks.slice(1, 3).sort()).toEqual(["T02", "T03"]);
      // What is built is not built again.
      expect(tasks.slice(3)).toEqual(["T02", "T04"]);
      const branches = [...world.repository.refs("refs/heads/mac/").keys()];
      expect(branches).toEqual(
        ["feature-001-joined-r1", "feature-002-expiry-r1", "feature-003-hits-r1"].map(
          (track) => `refs/heads/mac/${track}`,
        ),
      );
      expect(await orphans(world)).toEqual([]);
    },
  ));

test("--times 3 finds the one difference in behaviour and the criterion that leaves it open", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    saveSpecs(world, [landed(world, ID, [EXPIRY])]);
    world.repository.commit("Keep the specs");
    let built = 0;
    const versions = [solve(EXPIRY), LATER, OTHER];
    const implementer = (call: Call) => {
      if (call.step === 0) built += 1;
      return versions[built - 1] ?? [];
    };
    world.model.follow(linksScript({ implementer }, [EXPIRY]));
    const end = await world.run("regenerate", ["feature-001", "--times=3"]);
    expectSuccess(end);
    const told = comparison(world, ID);
    expect(told.completeness).toBe(0.5);
    const touched = new Set(told.gaps?.flatMap((gap) => gap.criteria.map(({ text }) => text)));
    expect([...touched]).toEqual([EXPIRY.acceptance[0]]);
    expect(world.repository.read(`specs/${ID}/metadata.yaml`)).toContain("completeness: 0.5");
  }));

test("what cannot be built again is told, and nothing is changed", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    const feature = landed(world, ID, [EXPIRY]);
    saveSpecs(world, [feature]);
    world.repository.commit("Keep the specs");
    const refs = world.repository.refs();
    const before = world.repository.fingerprint(["specs"]);
    const failed = async (words: string[]): Promise<string> => {
      const end = await world.run("regenerate", words);
      expect(end.code).toBeGreaterThan(0);
      expect(world.repository.refs()).toEqual(refs);
      return reason(end);
    };
    expect(await failed(["feature-001-expir"])).toContain(`Did you mean \`${ID}\``);
    expect(world.repository.fingerprint(["specs"])).toEqual(before);
    world.repository.write("src/slug.js", "// edited\n");
    expect(await failed([ID])).toContain("not committed: src/slug.js");
    world.repository.git("checkout", "-q", "src/slug.js");
    saveSpecs(world, [{ ...feature, base: "1".repeat(40) }]);
    expect(await failed([ID])).toContain("is not in this repository any more");
    expect(world.model.calls).toEqual([]);
  }));
