/** Sessions of a host that is none. */

import { expect, onTestFinished, test, vi } from "vitest";
import { performSession } from "../../js-shim/src/effects/session.ts";
import { type EndedCall, HostError, type Turn } from "../../js-shim/src/host/host.ts";
import type {
  SessionOperation,
  SessionOutcome,
  SessionSignal,
  StoredText,
  Usage,
} from "../../js-shim/src/protocol.ts";
import { asSent, FakeHost, until } from "./fake-host.ts";
import { never } from "./world.ts";

const ASK: Extract<SessionOperation, { type: "ask" }> = {
  type: "ask",
  session: "s",
  directory: null,
  agent: "implementer",
  model: null,
  text: "Do it.",
  timeout_ms: 60_000,
  silent_ms: 60_000,
};

const CALL: EndedCall = {
  id: "c1",
  tool: "bash",
  input: { command: "ls", x: 1 },
  output: "a\nb\n",
  isError: false,
};
const PLACE = { session: "s", directory: null };
const USAGE: Usage = {
  input_tokens: 3,
  output_tokens: 2,
  cached_tokens: 0,
  cost_usd: 0.5,
  steps: 1,
};

function turn(more: Partial<Turn> = {}): Turn {
  return {
    id: "t1",
    isCompleted: true,
    finish: "stop",
    text: "Done.",
    error: null,
    usage: USAGE,
    calls: [],
    isEarlier: false,
    isFollowed: false,
    ...more,
  };
}

function perform(host: FakeHost, operation: SessionOperation, cancel = never) {
  const signals: SessionSignal[] = [];
  const readBack: StoredText[][] = [];
  const outcome = performSession(host, operation, cancel, (_, signal) => {
    if (signal.type === "stored") readBack.push(signal.texts);
    else signals.push(signal);
  });
  return { outcome, signals, readBack };
}

test("an ask ends when the host says idle and the last answer is final", async () => {
  const host = new FakeHost();
  const { outcome, signals } = perform(host, ASK);
  await until(() => host.sent.length === 1);
  host.turns = [turn({ isCompleted: false })];
  host.listener({ type: "idle" });
  setTimeout(() => {
    host.turns = [turn()];
  }, 300);
  expect(await outcome).toMatchObject({ type: "answered", text: "Done.", finish: "stop" });
  expect(signals).toEqual([{ type: "stepped", finish: "stop", usage: USAGE }]);
});

const SAID =
  "One bucket for every client makes all of them wait for a lock, so each of them gets its own.";

test("what a session holds is told as fingerprints before its end, however it ends", async () => {
  for (const isStopped of [false, true]) {
    const host = new FakeHost();
    host.speech = { sent: [ASK.text], said: [SAID], last: "Done.", outputs: [] };
    const cancel = new AbortController();
    const { outcome, signals } = perform(host, ASK, cancel.signal);
    await until(() => host.sent.length === 1);
    host.turns = [turn()];
    if (isStopped) cancel.abort();
    else host.listener({ type: "idle" });
    expect(await outcome).toMatchObject({ type: isStopped ? "aborted" : "answered" });
    const [heard, ...more] = signals.filter(({ type }) => type === "overheard");
    expect(heard).toEqual({
      type: "overheard",
      heard: { said: expect.stringMatching(/^[\w-]{8,}$/), last: "", outputs: "" },
    });
    expect(more).toEqual([]);
    expect(JSON.stringify(signals)).not.toContain("bucket");
  }
});

test("a session that cannot be listened to ends all the same", async () => {
  const host = new FakeHost();
  host.sessions.speech = () => Promise.reject(new Error("gone"));
  const { outcome } = perform(host, ASK);
  await until(() => host.sent.length === 1);
  host.turns = [turn()];
  host.listener({ type: "idle" });
  expect(await outcome).toMatchObject({ type: "answered" });
  expect(host.logged.join()).toContain("a session could not be listened to: gone");
});

test("an ask of a session that the person deletes ends with that", async () => {
  const host = new FakeHost();
  const { outcome } = perform(host, ASK);
  await until(() => host.sent.length === 1);
  host.sessions.turns = async () => {
    throw new HostError({ name: "NotFoundError", status: 404, message: "Session not found: s" });
  };
  host.listener({ type: "idle" });
  const trouble = { type: "error", name: "NotFoundError", status: 404 };
  expect(await outcome).toMatchObject({ type: "failed", trouble });
});

test("an error that the session got over is not its end", async () => {
  const host = new FakeHost();
  const { outcome } = perform(host, ASK);
  await until(() => host.sent.length === 1);
  host.isBusy = true;
  host.listener({
    type: "trouble",
    trouble: { name: "ContextOverflow", status: null, message: "too long" },
  });
  await new Promise((resolve) => setTimeout(resolve, 400));
  host.isBusy = false;
  host.turns = [turn()];
  host.listener({ type: "idle" });
  expect(await outcome).toMatchObject({ type: "answered", text: "Done." });
});

test("an ask that is cancelled before its text is sent sends none", async () => {
  const host = new FakeHost();
  const cancel = new AbortController();
  host.watch = async () => {
    cancel.abort();
    return () => undefined;
  };
  const { outcome } = perform(host, ASK, cancel.signal);
  expect(await outcome).toMatchObject({ type: "aborted" });
  expect(host.sent).toEqual([]);
});

test("a cancelled ask stops the session and tells what it cost", async () => {
  const host = new FakeHost();
  const cancel = new AbortController();
  const { outcome } = perform(host, ASK, cancel.signal);
  await until(() => host.sent.length === 1);
  host.turns = [turn()];
  cancel.abort();
  expect(await outcome).toMatchObject({ type: "aborted", usage: { cost_usd: 0.5 } });
});

test("a host that does not answer is not waited for when an ask is stopped", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const host = new FakeHost();
  host.isBusy = true;
  const cancel = new AbortController();
  const { outcome } = perform(host, ASK, cancel.signal);
  await vi.advanceTimersByTimeAsync(1);
  host.sessions.abort = () => new Promise(() => undefined);
  host.sessions.turns = () => new Promise(() => undefined);
  let end: SessionOutcome | undefined;
  void outcome.then((outcome) => (end = outcome));
  cancel.abort();
  await vi.advanceTimersByTimeAsync(4_900);
  expect(end).toBeUndefined();
  await vi.advanceTimersByTimeAsync(200);
  expect(end).toMatchObject({ type: "aborted", usage: { steps: 0 } });
});

test("deadline and silence end an ask", async () => {
  const host = new FakeHost();
  host.sessions.send = async () => {
    host.isBusy = true;
  };
  host.sessions.abort = async () => {
    host.isBusy = false;
  };
  expect(await perform(host, { ...ASK, timeout_ms: 50 }).outcome).toMatchObject({
    trouble: { type: "deadline" },
  });
  expect(await perform(host, { ...ASK, silent_ms: 50 }).outcome).toMatchObject({
    trouble: { type: "silent" },
  });
});

test("a wait for the provider that was announced is no silence", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const host = new FakeHost();
  host.isBusy = true;
  let end: SessionOutcome | undefined;
  void perform(host, { ...ASK, silent_ms: 5_000 }).outcome.then((outcome) => (end = outcome));
  await vi.advanceTimersByTimeAsync(1);
  const next_ms = Date.now() + 30_000;
  host.listener({ type: "retrying", attempt: 1, next_ms, message: "slow down" });
  await vi.advanceTimersByTimeAsync(34_000);
  expect(end).toBeUndefined();
  await vi.advanceTimersByTimeAsync(8_000);
  expect(end).toMatchObject({ type: "failed", trouble: { type: "silent" } });
});

test("a host that fails is an outcome", async () => {
  const host = new FakeHost();
  const refuse = () => Promise.reject(new Error("no"));
  host.sessions.send = refuse;
  host.sessions.create = refuse;
  host.sessions.remove = refuse;
  expect(await perform(host, ASK).outcome).toMatchObject({ type: "failed" });
  expect(await perform(host, { type: "remove", ...PLACE }).outcome).toEqual({
    type: "kept",
    reason: "no",
  });
});

test("a session is read back once its agent is at work, and again with its answer", async () => {
  const host = new FakeHost();
  host.isBusy = true;
  const { outcome, readBack } = perform(host, ASK);
  await until(() => host.sent.length === 1);
  expect(readBack).toEqual([]);
  host.listener({ type: "called", call: CALL });
  host.listener({ type: "turn", id: "t0", finish: "tool-calls", usage: USAGE });
  await until(() => readBack.length > 0);
  expect(readBack).toEqual([[asSent("Do it.")]]);
  const foreign: StoredText = { origin: { type: "foreign" }, parts: [] };
  host.texts.set("s", [asSent("Do it."), foreign]);
  host.isBusy = false;
  host.turns = [turn()];
  host.listener({ type: "idle" });
  expect(await outcome).toMatchObject({ stored: [asSent("Do it."), foreign] });
  expect(readBack).toHaveLength(1);
});

test("an answer whose session cannot be read back is none", async () => {
  const host = new FakeHost();
  host.sessions.texts = () => Promise.reject(new Error("gone"));
  const { outcome, readBack } = perform(host, ASK);
  await until(() => host.sent.length === 1);
  host.turns = [turn()];
  host.listener({ type: "idle" });
  expect(await outcome).toMatchObject({ type: "failed", trouble: { message: "gone" } });
  expect(readBack).toEqual([]);
});

test("an ask that nobody will answer is denied once and told", async () => {
  const host = new FakeHost();
  const denied: string[] = [];
  host.sessions.deny = async (_, { id }) => void denied.push(id);
  const { outcome, signals } = perform(host, ASK);
  await until(() => host.sent.length === 1);
  host.listener({
    type: "asked",
    session: "s",
    ask: { id: "p1", kind: "permission", what: "bash rm" },
  });
  host.turns = [turn()];
  host.listener({ type: "idle" });
  await outcome;
  expect(denied).toEqual(["p1"]);
  expect(signals[0]).toEqual({ type: "denied", what: "bash rm" });
});

test("an ask whose event got lost is found by looking, and denied once", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const host = new FakeHost();
  const denied: string[] = [];
  host.sessions.asks = async () => [{ id: "p1", kind: "permission", what: "bash rm" }];
  host.sessions.deny = async (_, { id }) => void denied.push(id);
  host.isBusy = true;
  const { outcome } = perform(host, ASK);
  await vi.advanceTimersByTimeAsync(25_000);
  expect(denied).toEqual(["p1"]);
  host.isBusy = false;
  host.turns = [turn()];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await outcome).toMatchObject({ type: "answered" });
});

test("a tool call that ended is told once, by its event or by a look", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const host = new FakeHost();
  host.isBusy = true;
  const { outcome, signals } = perform(host, ASK);
  await vi.advanceTimersByTimeAsync(1);
  host.listener({ type: "called", call: CALL });
  host.listener({ type: "called", call: CALL });
  const missed = { ...CALL, id: "c2", input: { x: 1, command: "ls" }, isError: true };
  host.turns = [turn({ isCompleted: false, calls: [CALL, missed] })];
  await vi.advanceTimersByTimeAsync(25_000);
  const hash = expect.stringMatching(/^[0-9a-f]{16}$/);
  const touched = { paths: [], input_bytes: 22, output_bytes: 4, words: [] };
  expect(signals).toEqual([
    { type: "called", tool: "bash", call: hash, is_error: false, touched },
    { type: "called", tool: "bash", call: hash, is_error: true, touched },
  ]);
  // The order of an input's keys says nothing.
  expect(new Set(signals.map((signal) => "call" in signal && signal.call)).size).toBe(1);
  host.isBusy = false;
  host.turns = [turn({ calls: [CALL, missed] })];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await outcome).toMatchObject({ type: "answered" });
  expect(signals.slice(2)).toEqual([{ type: "stepped", finish: "stop", usage: USAGE }]);
});

test("calls and answers from before an ask are not told again", async () => {
  const host = new FakeHost();
  host.turns = [turn({ calls: [CALL] })];
  const { outcome, signals } = perform(host, ASK);
  await until(() => host.sent.length === 1);
  host.turns = [turn({ calls: [CALL] }), turn({ id: "t2" })];
  host.listener({ type: "called", call: CALL });
  host.listener({ type: "idle" });
  await outcome;
  expect(signals).toEqual([{ type: "stepped", finish: "stop", usage: USAGE }]);
});

test.each([
  ["a", 1024 * 1024 + 5, 1024 * 1024],
  ["€", 400_000, 1_048_575],
])(
  "an answer of many %s is cut between two characters, and its size is told",
  async (letter, count, kept) => {
    const host = new FakeHost();
    const { outcome } = perform(host, ASK);
    await until(() => host.sent.length === 1);
    host.turns = [turn({ text: letter.repeat(count) })];
    host.listener({ type: "idle" });
    const answer = await outcome;
    if (answer.type !== "answered") throw new Error(JSON.stringify(answer));
    expect(answer.text_bytes).toBe(Buffer.byteLength(letter) * count);
    expect(Buffer.byteLength(answer.text)).toBe(kept);
    expect(answer.text.endsWith(letter)).toBe(true);
  },
);

const NUDGE: SessionOperation = {
  type: "nudge",
  ...PLACE,
  agent: "implementer",
  model: null,
  text: "Stop that.",
};

test("a session at work is told something, an idle one is left alone", async () => {
  const host = new FakeHost();
  expect(await perform(host, NUDGE).outcome).toMatchObject({
    type: "failed",
    trouble: { name: "NotAtWork" },
  });
  expect(host.sent).toEqual([]);
  host.isBusy = true;
  expect(await perform(host, NUDGE).outcome).toEqual({ type: "nudged" });
  expect(host.sent).toEqual(["Stop that."]);
});

test("an ask is not over while its session is nudged, nor before the nudge is answered", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const host = new FakeHost();
  host.isBusy = true;
  let stored: () => void = () => undefined;
  host.sessions.nudge = () => new Promise((resolve) => (stored = resolve));
  const { outcome } = perform(host, ASK);
  let isOver = false;
  void outcome.then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(1);
  const nudged = perform(host, NUDGE).outcome;
  // The answer that was under way ends, and the session says so, before the nudge is stored.
  await vi.advanceTimersByTimeAsync(1);
  host.isBusy = false;
  host.turns = [turn()];
  host.listener({ type: "idle" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(isOver).toBe(false);
  host.turns = [turn({ isFollowed: true })];
  stored();
  expect(await nudged).toEqual({ type: "nudged" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(isOver).toBe(false);
  host.turns = [turn({ isFollowed: true }), turn({ id: "t2", text: "Stopped." })];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await outcome).toMatchObject({ type: "answered", text: "Stopped.", usage: { steps: 2 } });
});

test("a nudge that nobody answers does not keep an ask open for ever", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const host = new FakeHost();
  const { outcome } = perform(host, ASK);
  await vi.advanceTimersByTimeAsync(1);
  host.turns = [turn({ isFollowed: true })];
  host.listener({ type: "idle" });
  await vi.advanceTimersByTimeAsync(45_000);
  expect(await outcome).toMatchObject({ type: "answered", text: "Done." });
});

const ERROR = { name: "APIError", status: 500, message: "no" };

test.each<[string, Turn[], Record<string, unknown>]>([
  [
    "its last word",
    [turn({ isEarlier: true }), turn()],
    { type: "answered", text: "Done.", text_bytes: 5, usage: { steps: 1 } },
  ],
  ["cut off", [turn({ finish: "length" })], { type: "answered", finish: "length" }],
  ["nothing yet", [], { type: "unfinished", usage: { steps: 0 } }],
  ["half a word", [turn({ isCompleted: false })], { type: "unfinished", usage: { steps: 1 } }],
  ["a step in between", [turn({ finish: "tool-calls" })], { type: "unfinished" }],
  ["a summary", [turn({ finish: "summary" })], { type: "unfinished" }],
  ["a stream that just ended", [turn({ finish: null })], { type: "unfinished" }],
  ["nothing to the latest text", [turn({ isEarlier: true })], { type: "unfinished" }],
  ["nothing to a nudge", [turn({ isFollowed: true })], { type: "unfinished" }],
  [
    "an error",
    [turn({ finish: null, error: ERROR })],
    { type: "failed", trouble: { type: "error", ...ERROR } },
  ],
  [
    "that it was stopped",
    [turn({ finish: null, error: { ...ERROR, name: "MessageAbortedError" } })],
    { type: "unfinished" },
  ],
])("a session that said %s is recalled", async (_, turns, expected) => {
  const host = new FakeHost();
  host.turns = turns;
  expect(await perform(host, { type: "recall", ...PLACE }).outcome).toMatchObject(expected);
});

test("a session at work has not finished, and a missing one is removed", async () => {
  const host = new FakeHost();
  host.turns = [turn()];
  host.isBusy = true;
  const recall: SessionOperation = { type: "recall", ...PLACE };
  expect(await perform(host, recall).outcome).toMatchObject({ type: "unfinished" });
  host.sessions.exists = async () => false;
  expect(await perform(host, recall).outcome).toEqual({ type: "removed" });
});

test("sessions of ours are found below all chats", async () => {
  const host = new FakeHost();
  const purpose = { agent: "implementer", task: "T01", attempt: 1 };
  host.sessions.below = async (chat) => [{ session: `${chat}-s`, directory: null, purpose }];
  const found = await perform(host, { type: "find", parents: ["a", "b"] }).outcome;
  expect(found).toMatchObject({
    type: "found",
    sessions: [{ session: "a-s" }, { session: "b-s" }],
  });
});
