/** Plans from templates, and requests made from the template: no model plans, and what a person lays
 * down is kept to. */
import { expect, test } from "vitest";
import type { Finished } from "./host.ts";
import { APPROVED, backlogReply, EXPIRY, linksScript, solve } from "./links.ts";
import { bash, type Call, type Reply, writeFile } from "./model.ts";
import { expectAnswered, expectFailed, expectSuccess, printed, statusOf } from "./outcome.ts";
import { inWorld } from "./shared.ts";
import { inWorld as inOwnWorld } from "./world.ts";

/** What each shipped template needs, as a person types it. */
const LINES = [
  'crud-feature NAME=invoice FIELDS="number (unique text), paid (yes or no)"',
  'api-endpoint NAME="export invoices" PATH=/invoices/:id/export',
  'ui-component NAME=DatePicker PURPOSE="A person picks a day"',
  'bugfix NAME="totals are off" STEPS="Add 0.1 and 0.2" EXPECTED="0.3"',
  'refactor NAME="the store" GOAL="One class, one subject" SOURCE=src/store.js',
  'cli-command NAME=export PURPOSE="Prints all links as JSON"',
  'data-migration NAME=addresses FROM="one text" TO="street and city"',
  'test-hardening NAME="the slugs" SOURCE=src/slug.js',
];
const DENIAL = /rule which prevents/;

test("each shipped template becomes a valid backlog, and no model is asked", () =>
  inWorld({}, async (world) => {
    const { model, repository } = world;
    const server = await world.serve();
    const chat = await server.open();
    for (const line of LINES) {
      const text = expectAnswered(await server.command(chat, "plan", `--template ${line}`));
      expect(text, line).toContain("No model is asked.");
      expect(repository.read("tasks/PLAN.md")).toContain(`template \`${line.split(" ")[0]}\``);
      const check = await server.command(chat, "backlog", "--check");
      expect(expectAnswered(check)).toMatch(/is valid: [2-9] tasks/);
    }
    const list = expectAnswered(await server.command(chat, "plan", "--templates"));
    for (const line of LINES) expect(list).toContain(`**${line.split(" ")[0]}** (shipped)`);

    expectAnswered(await server.command(chat, "plan", "--templates bugfix --copy"));
    expect(repository.read("specs/templates/bugfix.yaml")).toContain("name: bugfix");
    const again = await server.command(chat, "plan", "--templates bugfix --copy");
    expect(expectFailed(again)).toContain("is there already");
    const missing = await server.command(chat, "plan", "--template bugfix NAMES=x");
    expect(expectFailed(missing)).toContain("STEPS is missing");
    expect(model.calls.filter(({ role }) => role !== "title")).toEqual([]);
    await server.stop();
  }));

test("a template is planned from a shell and worked off", () => {
  const worker = ({ text }: Call): Reply[] => [
    { tools: [writeFile(text.startsWith("# T01") ? "src/sum.js" : "src/like.js", "export {};\n")] },
    "Done.",
  ];
  return inOwnWorld({ script: { implementer: worker, reviewer: APPROVED } }, async (world) => {
    const words = ["bugfix", "NAME=totals are off", 'STEPS=Say "0.1 + 0.2"', "EXPECTED=0.3"];
    const end = await world.run("plan", ["--template", ...words]);
    expectSuccess(end);
    expect(printed(end)).toMatch(/Planning \**Fix: totals are off\** from the template bugfix/);
    expect(world.repository.read("tasks/T01.yaml")).toContain('To see it: Say "0.1 + 0.2"');

    expectSuccess(await world.run("implement"));
    for (const id of ["T01", "T02"])
      expect(statusOf(world, id)).toMatchObject({ status: "completed" });
    expect(world.repository.has("src/sum.js") && world.repository.has("src/like.js")).toBe(true);
    expect(world.model.opened("implementer").map(({ text }) => text.split("\n")[0])).toEqual([
      "# T01: Mend: totals are off",
      "# T02: Look for the like of: totals are off",
    ]);
  });
});

test("a request from the template keeps workers off what is not to be touched", () => {
  const worker = (call: Call): Reply[] =>
    call.attempt === 1
      ? [
          { tools: [writeFile("src/slug.js", "export {};\n")] },
          { tools: [bash("echo '// changed' >> src/slug.js"), ...toolsOf(solve(EXPIRY))] },
          "Done.",
        ]
      : solve(EXPIRY);
  const script = linksScript({ implementer: worker, backlog: backlogReply([EXPIRY]) }, [EXPIRY]);
  return inWorld({ script }, async (world) => {
    expectSuccess(await world.run("plan", ["--init", "expiry.md"]));
    const template = world.repository.read("expiry.md");
    expectFailedRun(await world.run("plan", ["expiry.md"]), "still has the template's own text");
    const filled = template
      .replace("<its name in a few words>", "Links that expire")
      .replace("<One thing that it must do, so that somebody else could check it.>", "Links expire")
      .replace("<What must hold, for example: no new dependency; Node 20 must do.>", "Node 20")
      .replace("<src/billing/**>", "src/slug.js");
    world.repository.write("expiry.md", filled);

    expectSuccess(await world.run("plan", ["expiry.md"]));
    const backlog = world.repository.read("tasks/BACKLOG.yaml");
    expect(backlog).toContain("constraints:\n  - Node 20\ndont_touch:\n  - src/slug.js\n");
    for (const call of world.model.opened("planner-spec"))
      expect(call.text).not.toMatch(/<(who|What|Files)/);

    const end = await world.run("implement");
    expectSuccess(end);
    const [first, second] = world.model.opened("implementer");
    expect(first?.text).toContain("- Never change `src/slug.js`");
    const denied = world.model.callsOf("implementer").find(({ step }) => step === 1);
    expect(denied?.results[0]).toMatch(DENIAL);
    expect(denied?.results[0]).toContain("src/slug.js");
    expect(printed(end)).toContain(
      "the agent changed `src/slug.js`, which the backlog's dont_touch",
    );
    expect(second?.text).toContain("Don't change src/slug.js: such work is not taken");
    expect(statusOf(world, "T01")).toMatchObject({ status: "completed", attempts: 2 });
    expect(world.repository.read("src/slug.js")).not.toContain("// changed");
  });
});

function toolsOf(replies: Reply[]) {
  return replies.flatMap((reply) =>
    typeof reply === "object" && "tools" in reply ? (reply.tools ?? []) : [],
  );
}

function expectFailedRun(end: Finished, why: string) {
  expect(end.code).not.toBe(0);
  expect(printed(end)).toContain(why);
}
