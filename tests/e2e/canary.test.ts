/**
 * Everything an agent says beside its answer stays in its session. Each text of a scripted agent holds a
 * word that occurs nowhere else, over a whole run with failed attempts, a better spec and work that is
 * changed after a review; then all requests are searched for the words of others.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  APPROVED,
  ARCH,
  backlogReply,
  EXPIRY,
  HITS,
  linksScript,
  QA,
  refused,
  SPEC,
  solve,
} from "./links.ts";
import { bash, type Call, type Reply, readFile } from "./model.ts";
import { expectSuccess, integrationBranch, mergedTasks, statusOf } from "./outcome.ts";
import type { Role } from "./roles.ts";
import { FRAME_MAX, sizesByRole, sizesTable } from "./sizes.ts";
import { inWorld, World } from "./world.ts";

const TASKS = [EXPIRY, HITS];
const WRONG =
  "export function isExpired(link, now) {\n  return link.expiresAt !== undefined && now > link.expiresAt;\n}\n";
const INCLUSIVE = "The exact moment of expiry counts as over: compare with >=";
const BETTER = `\`\`\`yaml
confidence: 0.9
reasoning: "It never says whether the exact moment of expiry is still valid."
task:
  context:
    constraints: [${JSON.stringify(INCLUSIVE)}]
\`\`\`
`;
const ISSUE = "src/hits.js:1: say that the counts are kept in memory only";

/** A word and the session that it was said in. */
interface Said {
  word: string;
  role: Role;
  session: string;
}

let world: World;
const said: Said[] = [];
/** For each worker, whether the file on disk was what it had been sent when it was asked. */
const recorded: boolean[] = [];

/** Sessions of a role begin with different texts. */
const sessionOf = ({ role, text }: Call) => `${role}\n${text}`;

function canary(call: Call): string {
  const word = `canary${said.length}x${call.role.replaceAll("-", "")}${call.task ?? ""}`;
  said.push({ word, role: call.role, session: sessionOf(call) });
  return word;
}

/** Says something while it looks around, then gives its answer. */
function chatty(answer: (call: Call) => string) {
  return (call: Call): Reply => {
    if (call.step > 0) return answer(call);
    const tools = [{ name: "read", args: { filePath: `src/${canary(call)}.js` } }];
    return { text: `We explored a lot, ${canary(call)}.`, tools };
  };
}

/** Has no tools: chatter goes around the answer. */
const around = (answer: (call: Call) => string) => (call: Call) =>
  `First I thought of ${canary(call)}.\n\n${answer(call)}\nAnd ${canary(call)}.\n`;

function worker(call: Call): Reply {
  const task = call.task === "T01" ? EXPIRY : HITS;
  if (call.step === 0)
    recorded.push(call.text === world.repository.read(`tasks/${task.id}.context.md`));
  const steps = workOf(call);
  const reply = steps[Math.min(call.step, steps.length - 1)];
  if (typeof reply === "string") return `${reply} ${canary(call)}`;
  const tools = (reply as { tools?: ReturnType<typeof bash>[] }).tools ?? [];
  return {
    text: `On second thought, ${canary(call)}.`,
    tools: [...tools, bash(`echo ${canary(call)}`)],
  };
}

function workOf(call: Call): Reply[] {
  if (call.task === "T01")
    return call.text.includes(INCLUSIVE)
      ? solve(EXPIRY)
      : solve(EXPIRY, { "src/expiry.js": WRONG });
  return call.text.includes(ISSUE)
    ? [
        { tools: [bash("sed -i '1s/.*/\\/** Counts look-ups in memory. *\\//' src/hits.js")] },
        "Said so.",
      ]
    : solve(HITS);
}

beforeAll(async () => {
  const review = (call: Call) =>
    call.task === "T02" && call.attempt === 1 ? refused(ISSUE) : APPROVED;
  const script = linksScript(
    {
      "planner-spec": chatty(() => SPEC),
      "planner-arch": chatty(() => ARCH),
      "planner-qa": chatty(() => QA),
      backlog: chatty(() => backlogReply(TASKS)),
      implementer: worker,
      reviewer: around(review),
      rebase: around(() => BETTER),
    },
    TASKS,
  );
  world = await World.create({ script });
  expectSuccess(await world.run("plan", ["feature.md"]));
  expectSuccess(await world.run("implement"));
});

afterAll(() => world.close());

/** What others said that is in a request. */
function strangers(call: Call): Said[] {
  const sent = JSON.stringify(call.request);
  const session = sessionOf(call);
  return said.filter((one) => one.session !== session && sent.includes(one.word));
}

test("it was the run that was meant: failed attempts, a better spec, a changed work, all merged", () => {
  expect(mergedTasks(world, integrationBranch(world), TASKS).sort()).toEqual(["T01", "T02"]);
  expect(statusOf(world, "T01")).toMatchObject({ attempts: 3 });
  expect(world.model.opened("rebase")).toHaveLength(1);
  expect(world.model.opened("implementer", "T02").some(({ text }) => text.includes(ISSUE))).toBe(
    true,
  );
  const roles = new Set(said.map(({ role }) => role));
  expect([...roles].sort()).toEqual([
    "backlog",
    "implementer",
    "planner-arch",
    "planner-qa",
    "planner-spec",
    "rebase",
    "reviewer",
  ]);
});

test("each session was sent its own words again, so that the search can find something", () => {
  for (const { word, role, session } of said.filter(({ role }) => role === "implementer")) {
    const calls = world.model.callsOf(role).filter((call) => sessionOf(call) === session);
    const isSent = calls.some((call) => JSON.stringify(call.request).includes(word));
    // The last words of a session are sent to nobody.
    const isLast = said.filter((one) => one.session === session).at(-1)?.word === word;
    expect(isSent).toBe(!isLast);
  }
});

test.each<Role>(["implementer", "reviewer", "rebase", "backlog"])(
  "no word of another session is in any request of the %s",
  (role) => {
    expect(world.model.callsOf(role).length).toBeGreaterThan(0);
    expect(world.model.callsOf(role).flatMap(strangers)).toEqual([]);
  },
);

test("the planners hear nothing of each other", () => {
  for (const role of ["planner-spec", "planner-arch", "planner-qa"] as const)
    expect(world.model.callsOf(role).flatMap(strangers)).toEqual([]);
});

test("what each worker was sent lay on the disk, byte for byte", () => {
  expect(recorded.length).toBeGreaterThanOrEqual(5);
  expect(recorded.every(Boolean)).toBe(true);
  for (const { id } of TASKS) {
    const latest = world.model.opened("implementer", id).at(-1);
    expect(latest?.text).toBe(world.repository.read(`tasks/${id}.context.md`));
  }
});

test("the words are in none of the files that later work is compiled from", () => {
  for (const name of ["PLAN.md", "BACKLOG.yaml", "T01.context.md", "T02.context.md"]) {
    const text = world.repository.read(`tasks/${name}`);
    expect(said.filter(({ word }) => text.includes(word)).map(({ word }) => word)).toEqual([]);
  }
});

test("requests stay small", () => {
  const sizes = sizesByRole(world.model.calls);
  console.log(sizesTable(sizes));
  for (const { role, frame } of sizes) expect(frame, role).toBeLessThanOrEqual(FRAME_MAX);
});

test("a backlog that repeats what a planner said on its way is sent back, and no journal holds it", () => {
  const said =
    "Every look-up could take a lock around the whole store, which is slow but easy to get right at once.";
  const more =
    "Maybe the counters should live in a file beside the links, so that a restart never loses any of them.";
  const copied = TASKS.map((task) =>
    task === HITS ? { ...task, description: `${task.description} ${said}` } : task,
  );
  const script = linksScript(
    {
      "planner-arch": [{ text: `${said} ${more}`, tools: [readFile("src/store.js")] }, ARCH],
      backlog: [backlogReply(copied), backlogReply(TASKS)],
    },
    TASKS,
  );
  return inWorld({ script }, async (planning) => {
    expectSuccess(await planning.run("plan", ["feature.md"]));
    const calls = planning.model.callsOf("backlog");
    expect(calls).toHaveLength(2);
    const asked = JSON.stringify(calls[1]?.request.messages.at(-1));
    expect(asked).toContain("task T02, field description");
    expect(asked).toContain("repeats what the planner wrote (planner-arch)");
    expect(planning.repository.read("tasks/BACKLOG.yaml")).not.toContain(said);
    expect(planning.repository.read(".git/multi-agent-coder/journal.jsonl")).not.toContain(more);
  });
});
