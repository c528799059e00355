/** From a feature request to code in the person's branch: three workers in parallel, one after them. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { barrier } from "./barrier.ts";
import type { Finished } from "./host.ts";
import { APPROVED, ARCH, LINKS, linksScript, QA, SPEC, solve, taskNamed } from "./links.ts";
import { bash } from "./model.ts";
import {
  expectAnswered,
  expectSuccess,
  integrationBranch,
  mergedTasks,
  orphans,
  printed,
  statusOf,
} from "./outcome.ts";
import type { Role } from "./roles.ts";
import type { Server } from "./serve.ts";
import { World } from "./world.ts";

const PLANNERS: Role[] = ["planner-spec", "planner-arch", "planner-qa"];
const DOCUMENTS = ["SPEC.md", "ARCH.md", "QA.md", "PLAN.md", "BACKLOG.yaml"];

let world: World;
/** Who had company at work, in the order of their answers. */
const met: string[] = [];

beforeAll(async () => {
  const planners = barrier(3);
  const workers = barrier(3);
  const documents = { "planner-spec": SPEC, "planner-arch": ARCH, "planner-qa": QA };
  const planner = (role: keyof typeof documents) => async () => {
    await planners();
    met.push(role);
    return documents[role];
  };
  world = await World.create({
    script: linksScript({
      "planner-spec": planner("planner-spec"),
      "planner-arch": planner("planner-arch"),
      "planner-qa": planner("planner-qa"),
      implementer: async (call) => {
        if (call.task !== "T04" && call.step === 0) {
          await workers();
          met.push(call.task ?? "none");
        }
        const look = { tools: [bash("pwd && ls src")] };
        return [look, ...solve(taskNamed(call))];
      },
      reviewer: { text: APPROVED, delay_ms: 20 },
    }),
  });
});

afterAll(() => world.close());

describe("/plan", () => {
  let end: Finished;
  let before: Map<string, string>;

  beforeAll(async () => {
    before = world.repository.fingerprint(["tasks"]);
    end = await world.run("plan", ["feature.md"]);
  });

  test("succeeds and shows the tasks and what to do next", () => {
    expectSuccess(end);
    for (const { id, title } of LINKS) expect(printed(end)).toMatch(new RegExp(`${id}.*${title}`));
    expect(printed(end)).toContain("/implement");
  });

  test("asks the three planners at the same time, on the cheap model, and lets them only read", () => {
    expect(met.slice(0, 3).sort()).toEqual([...PLANNERS].sort());
    for (const role of PLANNERS) {
      const [call] = world.model.opened(role);
      expect(call?.model).toBe("cheap");
      for (const tool of ["edit", "write", "bash", "task"]) expect(call?.tools).not.toContain(tool);
    }
  });

  test("gives the planners the request and a map of the repository", () => {
    for (const role of PLANNERS) {
      const text = world.model.opened(role)[0]?.text ?? "";
      expect(text).toContain("Every successful look-up is counted.");
      expect(text).toContain("slug.js");
      expect(text).toMatch(/npm (run )?test|node --test/);
      expect(Buffer.byteLength(text)).toBeLessThan(60_000);
    }
  });

  test("asks the backlog agent on the strong model, in a session of its own, with the plan", () => {
    const [call] = world.model.opened("backlog");
    expect(call?.model).toBe("strong");
    expect(call?.text).toContain("Clocks: pass the time in");
  });

  test("writes the five documents and nothing else, and leaves the checkout as it was", () => {
    expect(world.repository.fingerprint(["tasks"])).toEqual(before);
    for (const name of DOCUMENTS) expect(world.repository.has(`tasks/${name}`), name).toBe(true);
    expect(world.repository.read("tasks/SPEC.md")).toBe(SPEC);
  });

  test("merges the plan by structure and loses nothing", () => {
    const plan = world.repository.read("tasks/PLAN.md");
    const numbered = [...plan.matchAll(/^## (\d)\. (.+)$/gm)].map(
      ([, n, title]) => `${n} ${title}`,
    );
    expect(plan).toMatch(/^# Unified Plan/);
    expect(numbered).toEqual([
      "1 Product Specification",
      "2 Acceptance Criteria",
      "3 Architecture Design",
      "4 API Specification",
      "5 Quality Assurance",
      "6 Risks & Mitigation",
      "7 Gotchas",
    ]);
    for (const point of [SPEC, ARCH, QA].join("\n").match(/^- .+$/gm) ?? [])
      expect(plan).toContain(point);
  });

  test("leaves no session of an agent behind", async () => {
    expect(await orphans(world)).toEqual([]);
  });
});

describe("/implement", () => {
  let end: Finished;

  beforeAll(async () => {
    end = await world.run("implement", []);
  });

  test("succeeds and reports every task", () => {
    expectSuccess(end);
    for (const { id } of LINKS) expect(printed(end)).toContain(id);
  });

  test("works on the independent tasks at the same time, and on the dependent one after them", () => {
    expect(met.slice(3).sort()).toEqual(["T01", "T02", "T03"]);
    const listing = world.model.callsOf("implementer", "T04").at(1)?.results[0] ?? "";
    for (const name of ["expiry.js", "hits.js", "address.js"]) expect(listing).toContain(name);
  });

  test("gives every worker a directory outside the repository", () => {
    for (const { id } of LINKS) {
      const directory =
        world.model.callsOf("implementer", id).at(1)?.results[0]?.split("\n")[0] ?? "";
      expect(directory).toMatch(/^\//);
      expect(directory.startsWith(`${world.repository.directory}/`)).toBe(false);
      expect(directory).not.toBe(world.repository.directory);
    }
  });

  test("sends each worker its own task in less than 3,000 bytes, as the file on disk has it", () => {
    for (const task of LINKS) {
      const [call, ...others] = world.model.opened("implementer", task.id);
      expect(others).toEqual([]);
      expect(Buffer.byteLength(call?.text ?? "")).toBeLessThanOrEqual(3_000);
      expect(call?.text).toBe(world.repository.read(`tasks/${task.id}.context.md`));
      for (const criterion of task.acceptance) expect(call?.text).toContain(criterion);
    }
  });

  test.each(LINKS)(
    "lets no other task's text and no planning text reach the worker of $id",
    (task) => {
      const others = LINKS.filter(({ id }) => id !== task.id);
      const forbidden = [
        ...others.flatMap(({ title, acceptance }) => [title, ...acceptance]),
        ...["Clocks: pass the time in", "Links may expire", "Three small modules"],
      ];
      const sent = JSON.stringify(world.model.callsOf("implementer", task.id));
      expect(forbidden.filter((words) => sent.includes(words))).toEqual([]);
    },
  );

  test("shows the reviewer the diff, the acceptance criteria and the gates, and nothing of the plan", () => {
    for (const task of LINKS) {
      const [call] = world.model.opened("reviewer", task.id);
      for (const criterion of task.acceptance) expect(call?.text).toContain(criterion);
      for (const path of Object.keys(task.solution)) expect(call?.text).toContain(path);
      expect(call?.text).toMatch(/\btest\b/);
      expect(call?.text).toMatch(/\blint\b/);
      expect(JSON.stringify(call?.request)).not.toContain("Clocks: pass the time in");
      expect(call?.model).toBe("strong");
    }
  });

  test("merges every task once, in the order of the dependencies, and keeps every attempt", () => {
    const branch = integrationBranch(world);
    const merged = mergedTasks(world, branch, LINKS);
    expect([...merged].sort()).toEqual(["T01", "T02", "T03", "T04"]);
    expect(merged.at(-1)).toBe("T04");
    const track = branch.replace("refs/heads/mac/", "");
    for (const { id } of LINKS)
      expect([...world.repository.refs().keys()]).toContain(`refs/mac/${track}/${id}/1`);
  });

  test("lands on the person's branch, files included, and the project's tests pass there", () => {
    expect(world.repository.head()).toBe(
      world.repository.refs("refs/heads/mac/").get(integrationBranch(world)),
    );
    expect(world.repository.git("branch", "--show-current")).toBe("main");
    expect(world.repository.git("diff", "HEAD", "--stat")).toBe("");
    execFileSync("node", ["--test"], {
      cwd: world.repository.directory,
      env: { PATH: process.env.PATH ?? "" },
    });
  });

  test("says in the task files how it went", () => {
    for (const { id } of LINKS) {
      expect(statusOf(world, id)).toMatchObject({ status: "completed", attempts: 1 });
      expect(world.repository.read(`tasks/${id}.notes.md`)).toContain("Done:");
      expect(world.repository.has(`tasks/${id}.yaml`)).toBe(true);
    }
    expect(world.repository.read("tasks/BACKLOG.yaml").match(/status: completed/g)).toHaveLength(4);
  });

  test("leaves no process behind", () => {
    expect(world.leftovers()).toEqual([]);
  });
});

describe("afterwards, in a new process", () => {
  let server: Server;
  let chat: string;

  beforeAll(async () => {
    server = await world.serve();
    chat = await server.open();
  });

  afterAll(() => server.stop());

  test("/implement has nothing to do and asks no model", async () => {
    const calls = world.model.calls.length;
    expectAnswered(await server.command(chat, "implement"));
    expect(world.model.calls).toHaveLength(calls);
    expect(world.repository.merges(integrationBranch(world))).toHaveLength(4);
  });

  test("/progress says that all is done", async () => {
    const text = expectAnswered(await server.command(chat, "progress"));
    for (const { id } of LINKS) expect(text).toMatch(new RegExp(`${id}.*(completed|merged)`));
  });

  test("/metrics counts tasks, first attempts, tokens and money", async () => {
    const text = expectAnswered(await server.command(chat, "metrics"));
    expect(text).toMatch(/4 of 4/);
    expect(text).toMatch(/\$\d/);
    expect(text).toContain("scripted/strong");
    expect(text).toContain("scripted/cheap");
  });
});
