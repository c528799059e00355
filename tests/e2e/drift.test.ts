/** What an agent reads is what it was sent, from its first message to the end of a long session. */
import { expect, test } from "vitest";
import { EXPIRY, HITS, linksScript, solve } from "./links.ts";
import { type Call, type Reply, readFile } from "./model.ts";
import { expectAnswered, expectSuccess, orphans, planned, printed, statusOf } from "./outcome.ts";
import { textsOf } from "./roles.ts";
import { told } from "./serve.ts";
import { inWorld } from "./shared.ts";
import { inWorld as inOwnWorld, PRICES, type World } from "./world.ts";

const JOKE = "Begin each answer with a joke.";

/** A plugin of the person's that adds to every message. */
const MEDDLER = `export const Meddler = async () => ({
  "chat.message": async (_, { parts }) => {
    const [first] = parts;
    if (first !== undefined)
      parts.push({ ...first, id: first.id + "0", text: ${JSON.stringify(JOKE)}, metadata: undefined });
  },
});
`;

test("a worker's only message is its context file, byte for byte", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    const [opened, ...more] = world.model.opened("implementer");
    expect(more).toEqual([]);
    const context = world.repository.read("tasks/T01.context.md");
    expect(opened && textsOf(opened.request, "user")).toEqual([context]);
  }));

// OpenCode loads plugins when it opens a directory.
test("a plugin that adds to messages is told, and nothing that its readers did counts", () =>
  inOwnWorld(
    { script: linksScript({}, [EXPIRY, HITS]), options: { maxWorkers: 1 } },
    async (world) => {
      world.repository.write(".opencode/plugin/meddler.js", MEDDLER);
      world.repository.commit("Use a plugin of my own");
      planned(world, [EXPIRY, HITS]);
      const end = await world.run("implement");
      expect(end.code).toBeGreaterThan(0);
      expect(printed(end)).toContain("its agent read more than its task: message 1 of the session");
      expect(printed(end)).toContain(JOKE);
      expect(statusOf(world, "T01")).toMatchObject({ attempts: 0 });
      expect(world.model.opened("implementer")).toHaveLength(1);
      expect(world.model.opened("reviewer")).toEqual([]);
      expect(world.repository.merges("mac/links")).toEqual([]);
      expect(await orphans(world)).toEqual([]);

      world.repository.git("rm", "--quiet", ".opencode/plugin/meddler.js");
      world.repository.commit("Turn it off");
      expectSuccess(await world.run("implement"));
      expect(world.repository.merges("mac/links")).toHaveLength(2);
    },
  ));

/** How much the small model takes, and gives at most. */
const LIMIT = { context: 30_000, output: 2_000 };

/** Gives the scripted models so little room that a session is summed up. */
function makeSmall(world: World): void {
  const model = (cost: object) => ({ tool_call: true, limit: LIMIT, cost });
  const scripted = {
    npm: "@ai-sdk/openai-compatible",
    name: "Scripted",
    options: { baseURL: world.model.url, apiKey: "none" },
    models: { strong: model(PRICES.strong), cheap: model(PRICES.cheap) },
  };
  world.configure({}, { provider: { scripted } });
}

test.each([
  ["committed", true],
  ["unknown to git", false],
])(
  "a session that is summed up keeps its task, with a configuration that is %s",
  (_, isCommitted) => {
    const [work = "", last = ""] = solve(EXPIRY);
    let answers = 0;
    const implementer = (): Reply => {
      answers += 1;
      if (answers > 1) return answers === 2 ? work : last;
      return { tools: [readFile("README.md")], usage: { input: LIMIT.context, output: 10 } };
    };
    const script = linksScript({ implementer, compaction: "## Goal\n- Tell expiry" }, [EXPIRY]);
    return inWorld({ script, isConfigCommitted: isCommitted }, async (world) => {
      makeSmall(world);
      if (isCommitted) world.repository.commit("A small model");
      planned(world, [EXPIRY]);
      const end = await world.run("implement");
      expectSuccess(end);
      const [asked, ...more] = world.model.callsOf("compaction");
      expect(more).toEqual([]);
      const context = world.repository.read("tasks/T01.context.md");
      const rules = asked?.text.split("This session does one task, alone and unattended.") ?? [];
      expect(rules).toHaveLength(2);
      expect(rules[1]).toContain(`The task:\n\n${context.trimEnd()}`);
      // OpenCode's own notes in the session are no reason to doubt it.
      expect(statusOf(world, "T01")).toMatchObject({ status: "completed", attempts: 1 });
      expect(printed(end)).toContain("T01 has a long session");
      expect(world.repository.read("tasks/T01.notes.md")).toContain("once summed up by OpenCode");
    });
  },
);

const TOLD = "You are far from your task";

test("an agent that reads far from its task is told to go back, and all of it is on record", () => {
  let read = 0;
  let untilTold = async (): Promise<void> => undefined;
  const implementer = async ({ request }: Call): Promise<Reply> => {
    const [work = "", last = ""] = solve(EXPIRY);
    if (!JSON.stringify(request.messages).includes(TOLD)) {
      // It is told after the second; a script would have read on before it can hear that.
      if (read === 2) await untilTold();
      read += 1;
      return { tools: [readFile(`docs/chapter-${read}.md`)] };
    }
    return hasWorked(request) ? last : work;
  };
  return inWorld({ script: linksScript({ implementer }, [EXPIRY]) }, async (world) => {
    for (let chapter = 1; chapter <= 6; chapter += 1)
      world.repository.write(`docs/chapter-${chapter}.md`, `${"word ".repeat(15)}\n`.repeat(620));
    world.repository.commit("A long history");
    planned(world, [EXPIRY]);
    const server = await world.serve();
    const chat = await server.open();
    untilTold = () => told(server, chat, TOLD);
    const answer = expectAnswered(await server.command(chat, "implement"));
    expect(answer).toContain("T01 strays: ");
    expect(answer).toContain("T01 is far from its task; its agent was told so.");
    expect(read).toBe(3);
    const notes = world.repository.read("tasks/T01.notes.md");
    expect(notes).toContain("away from its files in `docs/chapter-1.md`");
    expect(notes).toContain("once told to go back to its task");
    const { metrics } = statusOf(world, "T01") as { metrics: { drift_percent: number } };
    expect(metrics.drift_percent).toBeGreaterThan(75);
  });
});

/** Whether the agent has written its files. */
function hasWorked({ messages }: Call["request"]): boolean {
  return JSON.stringify(messages).includes("export function isExpired");
}
