/** The boundary to the built core, with a host in memory. */

import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { Core, type CoreHost, initSync, onlyLooks, redact } from "../../js-shim/pkg/core.js";
import { WASM } from "../../js-shim/src/built.ts";
import type {
  ChatOperation,
  Effect,
  Event,
  GitOutcome,
  Outcome,
} from "../../js-shim/src/protocol.ts";

beforeAll(() => {
  initSync({ module: readFileSync(WASM) });
});

const NO_REPOSITORY: GitOutcome = {
  type: "inspected",
  repository: {
    is_repository: false,
    name: "",
    head: null,
    tree: null,
    branch: null,
    dirty_files: 0,
    dirty_paths: [],
    has_mac_branch: false,
    reference: null,
    guard: [],
  },
};

const MODEL = { provider: "acme", model: "large" };
const PLAN: Extract<Event, { type: "command" }> = {
  type: "command",
  chat: "chat",
  name: "plan",
  arguments: "greet people",
  setting: {
    options: null,
    model: MODEL,
    small_model: null,
    agents: {},
    tool_rules: {},
    prompts: { hashes: {}, problems: [], notes: [] },
    seed: 1,
  },
};

/** A core, and everything that its host saw. */
class World implements CoreHost {
  journal = "";
  head: string | undefined;
  readonly performed: Effect[] = [];
  readonly shown: ChatOperation[] = [];
  readonly halts: string[] = [];
  /** When set, journal lines are refused with it. */
  fault: string | null = null;
  readonly core: Core;
  #now_ms = 1_763_600_000_000;

  constructor(journal = "", head?: string, processes = 0) {
    this.journal = journal;
    this.head = head;
    this.core = new Core(this, { ACME_TOKEN: "correct horse battery" });
    const valid_bytes = this.core.open(journal, head, processes);
    this.journal = Buffer.from(journal).subarray(0, valid_bytes).toString();
  }

  now = () => this.#now_ms++;

  persist = async (lines: string, head: string) => {
    if (this.fault !== null) throw new Error(this.fault);
    this.journal += lines;
    this.head = head;
  };

  perform = async (effect: Effect): Promise<Outcome> => {
    this.performed.push(effect);
    return { kind: "git", outcome: NO_REPOSITORY };
  };

  cancel = () => undefined;
  show = (operation: ChatOperation) => void this.shown.push(operation);
  halted = (reason: string) => void this.halts.push(reason);

  async give(event: Event): Promise<void> {
    this.core.dispatch(event);
    await this.core.quiet();
  }
}

function linesOf(journal: string): string[] {
  return journal.split("\n").filter((line) => line !== "");
}

test("a command outside a repository ends with its error", async () => {
  const world = new World();
  await world.give(PLAN);
  expect(world.performed.map(({ kind }) => kind)).toEqual(["git"]);
  expect(world.shown.at(-1)).toMatchObject({ type: "end", chat: "chat" });
  expect(world.shown.at(-1)).toHaveProperty(
    "error",
    expect.stringContaining("not a git repository"),
  );
});

test("an event is in the journal before its effects are performed", async () => {
  const world = new World();
  const before: string[][] = [];
  world.perform = async () => {
    before.push(linesOf(world.journal));
    return { kind: "git", outcome: NO_REPOSITORY };
  };
  await world.give(PLAN);
  expect(before).toHaveLength(1);
  expect(before[0]?.at(-1)).toContain('"type":"command"');
});

test("a journal that cannot be written halts the core: nothing more is performed", async () => {
  const world = new World();
  await world.core.quiet();
  world.fault = "the disk is full";
  await world.give(PLAN);
  world.fault = null;
  await world.give(PLAN);
  expect(world.halts).toEqual(["the disk is full"]);
  expect(world.performed).toEqual([]);
  expect(linesOf(world.journal)).toHaveLength(1);
});

test("a host that breaks its word halts the core instead of leaving a command without an end", async () => {
  const world = new World();
  world.perform = () => Promise.reject(new Error("not foreseen"));
  await world.give(PLAN);
  expect(world.halts).toEqual(["not foreseen"]);
});

test("half a character in an outcome is replaced, and nothing else happens", async () => {
  const world = new World();
  const message = "fatal: \ud83d";
  world.perform = async () => ({ kind: "git", outcome: { type: "failed", message } });
  await world.give(PLAN);
  expect(world.halts).toEqual([]);
  expect(world.journal).toContain("fatal: \ufffd");
});

test("an outcome that is none halts the core too", async () => {
  const world = new World();
  world.perform = async () => ({ kind: "nonsense" }) as unknown as Outcome;
  await world.give(PLAN);
  expect(world.halts).toHaveLength(1);
});

test("an event that is none is refused and changes nothing", async () => {
  const world = new World();
  await world.core.quiet();
  const before = world.journal;
  expect(() => world.core.dispatch({ type: "nonsense" } as unknown as Event)).toThrow("nonsense");
  await world.core.quiet();
  expect(world.journal).toBe(before);
});

test("replaying the journal gives the live core's state, and performs and shows nothing", async () => {
  const live = new World();
  await live.give(PLAN);
  await live.give({ ...PLAN, name: "progress" });
  const replayed = new World(live.journal);
  await replayed.core.quiet();
  expect(replayed.performed).toEqual([]);
  expect(replayed.shown).toEqual([]);
  // Opening is an event as well, which the live core has not seen yet.
  const opened = JSON.parse(linesOf(replayed.journal).at(-1) ?? "{}");
  live.now = () => opened.at_ms;
  await live.give(opened.event);
  // Each command's checkpoint holds all that the core knows when it ends.
  for (const world of [live, replayed]) {
    world.now = () => opened.at_ms + 1;
    await world.give(PLAN);
  }
  expect(linesOf(live.journal).at(-1)).toContain('"checkpoint"');
  expect(live.journal).toBe(replayed.journal);
});

test("a torn last line is cut off, and what is good before it counts", async () => {
  const live = new World();
  await live.give(PLAN);
  const whole = live.journal;
  const torn = new World(`${whole}{"v":1,"seq":3,"pr`);
  expect(torn.journal).toBe(whole);
  await torn.core.quiet();
  const clean = new World(whole);
  await clean.core.quiet();
  const [last, ...before] = linesOf(torn.journal).toReversed();
  expect(before).toEqual(linesOf(clean.journal).toReversed().slice(1));
  expect(JSON.parse(last ?? "")).toMatchObject({ event: { tidied: { torn_bytes: 18 } } });
});

test("a journal with a changed line is refused with its number", async () => {
  const live = new World();
  await live.give(PLAN);
  expect(() => new World(live.journal.replace("greet people", "greet robots"))).toThrow(/line 2/);
});

test("a journal that lost its last lines is refused by its head record", async () => {
  const live = new World();
  await live.give(PLAN);
  const shorter = linesOf(live.journal).slice(0, -1).join("\n");
  expect(() => new World(`${shorter}\n`, live.head)).toThrow("journal");
  expect(() => new World(live.journal, live.head)).not.toThrow();
});

test("what an earlier process left behind is told when the journal is opened", async () => {
  const world = new World("", undefined, 3);
  await world.core.quiet();
  const opened = JSON.parse(linesOf(world.journal)[0] ?? "");
  expect(opened.event.tidied).toEqual({ processes: 3, torn_bytes: 0 });
});

test("a core that only looks answers from another's journal and keeps nothing", async () => {
  const live = new World();
  await live.give(PLAN);
  const looking = new World();
  await looking.core.quiet();
  const own = looking.journal;
  looking.core.look(`${live.journal}{"v":1,"seq":`);
  await looking.give({ ...PLAN, name: "progress" });
  expect(looking.shown.at(-1)).toMatchObject({ type: "end", chat: "chat" });
  expect(looking.journal).toBe(own);
});

test("a secret of the environment is in no event that is kept or acted on", async () => {
  const world = new World();
  const message = "fatal: https://ada:correct horse battery@example.org refused";
  world.perform = async () => ({ kind: "git", outcome: { type: "failed", message } });
  await world.give(PLAN);
  expect(world.journal).toContain("[redacted: ACME_TOKEN]");
  expect(world.journal + JSON.stringify(world.shown)).not.toContain("battery");
  const replayed = new World(world.journal);
  await replayed.core.quiet();
  expect(redact(message, { ACME_TOKEN: "correct horse battery" })).not.toContain("battery");
  expect(redact(message, { ACME_TOKEN: undefined })).toBe(message);
});

test("which commands only look", () => {
  expect(onlyLooks("progress", "")).toBe(true);
  expect(onlyLooks("metrics", "")).toBe(true);
  expect(onlyLooks("backlog", " --check ")).toBe(true);
  expect(onlyLooks("backlog", "")).toBe(false);
  expect(onlyLooks("plan", "greet")).toBe(false);
  expect(onlyLooks("implement", "")).toBe(false);
});

test("late, duplicate and foreign outcomes change nothing", async () => {
  const [world, twin] = [new World(), new World()];
  // The time is a part of the state, so it stands still here.
  for (const each of [world, twin]) each.now = () => 1_763_600_001_000;
  await world.give(PLAN);
  await twin.give(PLAN);
  const shown = world.shown.length;
  const { id } = world.performed[0] as Effect;
  await world.give({ type: "cancelled", chat: "nobody" });
  for (const other of [id, id, 999]) {
    await world.give({
      type: "resolved",
      id: other,
      outcome: { kind: "git", outcome: NO_REPOSITORY },
    });
  }
  expect(world.performed).toHaveLength(1);
  expect(world.shown).toHaveLength(shown);
  // All that the core knows when a command ends.
  const [known, expected] = [world, twin].map(async (each) => {
    await each.give(PLAN);
    return JSON.parse(linesOf(each.journal).at(-1) ?? "{}").event;
  });
  expect(await expected).toMatchObject({ type: "checkpoint" });
  expect(await known).toEqual(await expected);
});

test("`quiet` resolves only when the last effect was answered", async () => {
  const world = new World();
  let answer: (outcome: Outcome) => void = () => undefined;
  world.perform = () => new Promise((resolve) => (answer = resolve));
  world.core.dispatch(PLAN);
  let isQuiet = false;
  const quiet = world.core.quiet().then(() => {
    isQuiet = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isQuiet).toBe(false);
  answer({ kind: "git", outcome: NO_REPOSITORY });
  await quiet;
  expect(world.shown.at(-1)).toHaveProperty("type", "end");
});
