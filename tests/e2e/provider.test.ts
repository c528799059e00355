/** A provider in every kind of trouble: what becomes of `/implement`, and that it goes on when the
 * provider works again. The tests wait more than they work, so they run side by side. */
import { describe, expect, test } from "vitest";
import { Desk } from "./desk.ts";
import {
  contentFilter,
  contextOverflow,
  cutStream,
  garbledStream,
  longAnswer,
  noSuchModel,
  quotaExhausted,
  rateLimited,
  serverError,
  silentStream,
  toolCall,
  unfinishedStream,
  wrongKey,
} from "./faults.ts";
import type { Finished } from "./host.ts";
import { EXPIRY, linksScript, solve } from "./links.ts";
import type { Call, Reply, Script } from "./model.ts";
import { expectSuccess, orphans, planned, printed, reason, statusOf } from "./outcome.ts";
import { inWorld, type World } from "./world.ts";

const TASKS = [EXPIRY];
/** For a silence to be noticed soon: half of it is what an agent may be silent. What has nothing to do with
 * that gets the time that everybody has, since OpenCode's own tries take a while. */
const SHORT = { taskTimeoutMs: 40_000 };

/** They wait for OpenCode's own tries, and for each other. */
const WAIT_MS = 300_000;

/** By the text that is answered with it: an answer, the trouble it ends as, and how often it is retried. */
const TOLD: Record<string, [Reply, Record<string, unknown>, number]> = {
  "too many requests": [
    rateLimited(),
    told("APIError", 429, /Rate limit reached.*rate_limit_exceeded/),
    5,
  ],
  quota: [
    quotaExhausted,
    told("APIError", 429, /exceeded your current quota.*insufficient_quota/),
    5,
  ],
  server: [serverError, told("APIError", 500, /The server had an error/), 5],
  connection: [cutStream, told("APIError", null, /connection|reset/i), 5],
  key: [wrongKey, told("APIError", 401, /Incorrect API key/), 0],
  model: [noSuchModel, told("APIError", 404, /does not exist/), 0],
  nonsense: [garbledStream, told("UnknownError", null, /JSON parsing failed/), 0],
  filter: [contentFilter, told("ContentFilterError", null, /content filter/), 0],
};

function told(name: string, status: number | null, message: RegExp): Record<string, unknown> {
  return { type: "error", name, status, message: expect.stringMatching(message) };
}

/** The first answers of the implementer are these; after them it does good work. */
function scriptWith(faults: Reply[], more: Script = {}): Script {
  const answers = [...faults, ...solve(EXPIRY)];
  let count = 0;
  const implementer = () => {
    count += 1;
    return answers[Math.min(count, answers.length) - 1] ?? "";
  };
  return linksScript({ implementer, ...more }, TASKS);
}

/** Runs `/implement` on one task in a world with this script. */
function implementing(
  script: Script,
  options: Record<string, unknown>,
  body: (world: World, end: Finished) => Promise<void>,
): Promise<void> {
  return inWorld({ script, options }, async (world) => {
    planned(world, TASKS);
    await body(world, await world.run("implement"));
  });
}

async function expectMerged(world: World, end: Finished, attempts = 1): Promise<void> {
  expectSuccess(end);
  expect(statusOf(world, "T01")).toMatchObject({ status: "completed", attempts });
  expect(world.repository.read("tasks/BACKLOG.yaml")).toContain(`attempts: ${attempts}`);
  expect(world.repository.merges("mac/links")).toHaveLength(1);
  expect(await orphans(world)).toEqual([]);
}

describe.concurrent("a provider in trouble", { timeout: WAIT_MS }, () => {
  test("is told in the words that the engine knows, after all that OpenCode itself tries", () => {
    const script: Script = { implementer: ({ text }) => TOLD[text]?.[0] ?? "" };
    return inWorld({ script }, async (world) => {
      const desk = await Desk.open(world);
      const chat = await desk.server.open();
      const limits = { timeout_ms: 150_000, silent_ms: 60_000 };
      const ends = Object.entries(TOLD).map(async ([text, [, trouble, retries]]) => {
        const session = await desk.create(chat);
        const outcome = await desk.ask(session, text, limits);
        expect(outcome, text).toMatchObject({ type: "failed", trouble });
        const signals = desk.signals.get(session) ?? [];
        expect(signals.filter(({ type }) => type === "retrying").length, text).toBe(retries);
      });
      await Promise.all(ends);
      await desk.server.stop();
    });
  });

  describe("that passes is waited out and costs no attempt", () => {
    test.for<[string, Reply[], Record<string, unknown>, RegExp]>([
      [
        "by OpenCode: too many requests, an error of the server, a lost connection",
        [rateLimited(2), serverError, cutStream],
        {},
        /scripted is in trouble \(rate limit\); OpenCode tries again in/,
      ],
      [
        "by us: nonsense, streams without an end, no answer at all",
        [garbledStream, unfinishedStream, unfinishedStream, unfinishedStream, { hang: true }],
        SHORT,
        /does not count as an attempt/,
      ],
      ["by us: a stream that goes silent", [silentStream], SHORT, /does not count as an attempt/],
    ])("%s", ([, faults, options, says]) =>
      implementing(scriptWith(faults), options, async (world, end) => {
        await expectMerged(world, end);
        expect(printed(end)).toMatch(says);
      }),
    );
  });

  test("an agent gets over calls that are none and over a long context by itself", () => {
    const faults = [
      toolCall("bash", '{"command": "ec'),
      toolCall("frobnicate", "{}"),
      contextOverflow,
    ];
    const script = scriptWith(faults, { compaction: "What was said so far." });
    return implementing(script, {}, async (world, end) => {
      await expectMerged(world, end);
      expect(printed(end)).not.toMatch(/in trouble|failed/);
    });
  });

  test("a context that never fits is not summed up for ever", () => {
    let sessions = 0;
    let summaries = 0;
    const implementer = ({ step }: Call) => {
      if (step === 0) sessions += 1;
      return sessions > 1 ? solve(EXPIRY) : contextOverflow;
    };
    const compaction = () => {
      summaries += 1;
      return "What was said so far.";
    };
    const script = linksScript({ implementer, compaction }, TASKS);
    return implementing(script, SHORT, async (world, end) => {
      expectSuccess(end);
      expect(summaries).toBeLessThan(4);
      expect(await orphans(world)).toEqual([]);
    });
  });

  test("an answer of 10 MB is cut", () => {
    const [work = ""] = solve(EXPIRY);
    const script = scriptWith([work, longAnswer(10 << 20)]);
    return implementing(script, {}, async (world, end) => {
      await expectMerged(world, end);
      const notes = Buffer.byteLength(world.repository.read("tasks/T01.notes.md"));
      expect(notes).toBeLessThan(1.1 * 2 ** 20);
    });
  });

  describe("that will not pass soon ends the run, and the next one goes on", () => {
    test.for<[string, Reply, RegExp]>([
      ["asked to wait an hour", rateLimited(3_600), /Parked until .*rate limit/i],
      ["nothing left of the quota", quotaExhausted, /Parked: .*quota/i],
      ["a wrong key", wrongKey, /Incorrect API key/],
    ])("%s", ([, fault, says]) => {
      let isWell = false;
      const implementer = () => (isWell ? solve(EXPIRY) : fault);
      return implementing(linksScript({ implementer }, TASKS), {}, async (world, end) => {
        expect(end.code, printed(end)).toBeGreaterThan(0);
        expect(reason(end)).toMatch(says);
        expect(statusOf(world, "T01")).toMatchObject({ attempts: 0 });
        expect(world.repository.merges("mac/links")).toEqual([]);
        expect(await orphans(world)).toEqual([]);
        expect(world.leftovers()).toEqual([]);
        isWell = true;
        await expectMerged(world, await world.run("implement"));
      });
    });
  });

  test("an answer that the provider's filter stops is tried again, and counts", () =>
    implementing(scriptWith([contentFilter]), {}, async (world, end) => {
      await expectMerged(world, end, 2);
      expect(printed(end)).toMatch(/content filter/);
    }));
});
