/** What is wrong is said once, clearly: what, where, what to do. Nothing else changes.
 *
 * Most cases are given to one server, which is much faster. That a refusal ends `opencode run` with a
 * non-zero exit code is shown by the cases that need a process of their own. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { backlogFile, EXPIRY, HITS, LINKS, linksScript, SPEC } from "./links.ts";
import type { Script } from "./model.ts";
import { expectSuccess, planned, printed, reason } from "./outcome.ts";
import type { Server } from "./serve.ts";
import { inWorld, World, type WorldOptions } from "./world.ts";

interface Case {
  name: string;
  command: string;
  args?: string[];
  world?: WorldOptions;
  script?: Script;
  arrange?: (world: World) => void;
  /** What the reason must name. */
  says: RegExp[];
}

const OWN_REPOSITORY: Case[] = [
  {
    name: "a repository without commits",
    command: "plan",
    args: ["feature.md"],
    world: { isConfigCommitted: false },
    arrange: ({ repository }) => void repository.git("update-ref", "-d", "refs/heads/main"),
    says: [/no commit/i, /git commit/],
  },
];

const BRANCHES: Case[] = [
  {
    name: "a detached HEAD",
    command: "implement",
    arrange: (world) => {
      planned(world, LINKS);
      world.repository.git("checkout", "-q", "--detach");
    },
    says: [/detached/i, /git (switch|checkout)/],
  },
  {
    name: "a branch named mac",
    command: "implement",
    arrange: (world) => {
      planned(world, LINKS);
      world.repository.git("branch", "mac");
    },
    says: [/branch.*\bmac\b/, /git branch -m|rename/i],
  },
];

const SETTINGS: Case[] = [
  {
    name: "no model configured",
    command: "plan",
    args: ["feature.md"],
    world: { config: { model: undefined, small_model: undefined } },
    says: [/\bmodel\b/, /opencode\.json|models\.planning/],
  },
  {
    name: "a model that does not exist",
    command: "plan",
    args: ["feature.md"],
    world: { options: { models: { planning: "scripted/stronk" } } },
    says: [/scripted\/stronk/, /scripted\/strong/],
  },
  {
    name: "an unknown option",
    command: "plan",
    args: ["feature.md"],
    world: { options: { maxWorker: 2 } },
    says: [/maxWorker\b/, /maxWorkers/],
  },
  {
    name: "an option of the wrong type",
    command: "plan",
    args: ["feature.md"],
    world: { options: { gates: { test: 7 } } },
    says: [/gates\.test/, /7/],
  },
];

const REQUESTS: Case[] = [
  {
    name: "a request file that is not there",
    command: "plan",
    args: ["feature-two.md"],
    says: [/feature-two\.md/],
  },
  { name: "no request at all", command: "plan", says: [/\/plan/] },
  {
    name: "an empty request file",
    command: "plan",
    args: ["empty.md"],
    arrange: ({ repository }) => repository.write("empty.md", " \n\n"),
    says: [/empty\.md/, /empty/i],
  },
  {
    name: "a request of 100 KB",
    command: "plan",
    args: ["long.md"],
    arrange: ({ repository }) =>
      repository.write("long.md", `# Long\n\n${"more and more ".repeat(7_500)}`),
    says: [/long\.md|request/i, /too large|too long|at most|64/i],
  },
  { name: "no backlog yet", command: "implement", says: [/BACKLOG\.yaml/, /\/plan/] },
  {
    name: "an unknown task id",
    command: "implement",
    args: ["T99"],
    arrange: (world) => planned(world, LINKS),
    says: [/T99/, /T01/],
  },
];

/** A backlog that a person edited: the text, changed. */
function edited(name: string, change: (text: string) => string, says: RegExp[]): Case {
  return {
    name: `a backlog with ${name}`,
    command: "implement",
    arrange: ({ repository }) => repository.write("tasks/BACKLOG.yaml", change(backlogFile(LINKS))),
    says: [/BACKLOG\.yaml/, ...says],
  };
}

const BACKLOGS: Case[] = [
  edited("a cycle", (text) => text.replace("depends_on: []", 'depends_on: ["T04"]'), [
    /T01 -> T04 -> T01|T04 -> T01 -> T04/,
  ]),
  edited("a duplicate id", (text) => text.replace("id: T02", "id: T01"), [
    /T01/,
    /line \d+/,
    /taken/i,
  ]),
  edited("an unknown dependency", (text) => text.replace('"T02", "T03"', '"T02", "T33"'), [
    /T04/,
    /T33/,
    /line \d+/,
  ]),
  edited("a typo in a status", (text) => text.replace("status: pending", "status: pendign"), [
    /pendign/,
    /pending/,
    /T01|line 8/,
  ]),
  edited("tabs", (text) => text.replace("    title", "\ttitle"), [/tab/i, /line \d+/]),
  edited("2 MB", (text) => `${text}# ${"x".repeat(2 << 20)}\n`, [/1 MiB|1,048,576/]),
  edited("../x as an id", (text) => text.replace("id: T02", "id: ../x"), [/\.\.\/x/, /line \d+/]),
  edited("-f as an id", (text) => text.replace("id: T02", 'id: "-f"'), [/-f/, /line \d+/]),
  edited("no acceptance", (text) => text.replace(/acceptance: .*/, "acceptance: []"), [
    /acceptance/,
    /T01|line \d+/,
  ]),
  edited("text that is no YAML", () => "tasks: [\n", [/line \d+/]),
];

BACKLOGS.push({
  name: "a task whose context is too large",
  command: "implement",
  arrange: (world) => {
    // Repetition would be left out; names and numbers have to be said.
    const rules = Array.from(
      { length: 200 },
      (_, n) => `Rule ${n}: \`field_${n}\` must be ${n + 1}.`,
    );
    planned(world, [{ ...EXPIRY, description: rules.join(" ") }, HITS]);
  },
  script: { compressor: "It cannot be shorter." },
  says: [/T01/, /description/, /3,000 bytes/, /cut|split/, /shorter wording/],
});

const AGENTS: Case[] = [
  {
    name: "a planner that returns nothing",
    command: "plan",
    args: ["feature.md"],
    script: { "planner-qa": "" },
    says: [/planner-qa|QA\.md/],
  },
  {
    name: "a planner that keeps leaving sections out",
    command: "plan",
    args: ["feature.md"],
    script: { "planner-spec": SPEC.slice(0, SPEC.indexOf("## Constraints")) },
    says: [/planner-spec|SPEC\.md/, /Constraints/, /Open Questions/],
  },
  {
    name: "a backlog answer without YAML",
    command: "plan",
    args: ["feature.md"],
    script: { backlog: "I would begin with the tests." },
    says: [/backlog/i, /yaml/i],
  },
];

/** What must not have changed when a command was refused. */
function traces({ repository, model }: World) {
  const workers = model.callsOf("implementer").length;
  return { files: repository.fingerprint(["tasks"]), refs: repository.refs(), workers };
}

function expectWords(text: string, says: RegExp[]): void {
  for (const words of says) expect(text).toMatch(words);
  expect(text).not.toMatch(/panicked|undefined|\[object|at .*\.js:\d+/);
}

describe.each([
  ["the repository", OWN_REPOSITORY],
  ["settings", SETTINGS],
])("%s", (_, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) =>
    inWorld({ script: linksScript(), ...one.world }, async (world) => {
      one.arrange?.(world);
      const before = traces(world);
      const end = await world.run(one.command, one.args);
      expect(end.code, printed(end)).toBeGreaterThan(0);
      expectWords(reason(end), one.says);
      expect(traces(world)).toEqual(before);
    }),
  );
});

describe("one server", () => {
  let world: World;
  let server: Server;

  beforeAll(async () => {
    world = await World.create();
    server = await world.serve();
  });

  afterAll(() => world.close());

  beforeEach(() => {
    world.repository.git("checkout", "-q", "main");
    world.repository.git("update-ref", "-d", "refs/heads/mac");
    world.repository.git("clean", "-q", "-d", "--force");
  });

  describe.each([
    ["the branch", BRANCHES],
    ["requests", REQUESTS],
    ["backlogs", BACKLOGS],
    ["agents", AGENTS],
  ])("%s", (_, cases) => {
    test.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
      world.model.follow(linksScript(one.script));
      one.arrange?.(world);
      const before = traces(world);
      const chat = await server.open();
      const { info } = await server.command(chat, one.command, one.args?.join(" "));
      expectWords(info.error?.data?.message ?? "no error", one.says);
      expect(traces(world)).toEqual(before);
      expect(await server.children(chat)).toEqual([]);
    });
  });
});

test("not a git repository", () =>
  inWorld({ script: linksScript() }, async (world) => {
    const directory = join(world.root, "no-repository");
    mkdirSync(directory);
    for (const name of ["opencode.json", "feature.md"]) {
      writeFileSync(join(directory, name), readFileSync(join(world.repository.directory, name)));
    }
    const end = await world.run("plan", ["feature.md"], { directory });
    expect(end.code).toBeGreaterThan(0);
    expectWords(reason(end), [/not a git repository/i, /git init/]);
    expect(world.model.calls).toEqual([]);
  }));

test("a request above 5 KB is planned with a warning", () =>
  inWorld({ script: linksScript() }, async (world) => {
    world.repository.write("long.md", `# Long\n\n${"more and more ".repeat(600)}`);
    const end = await world.run("plan", ["long.md"]);
    expectSuccess(end);
    expect(printed(end)).toMatch(/5,?000/);
  }));
