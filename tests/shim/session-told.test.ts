/** What is told of a session while it works, at a host that is none. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { StoredText } from "../../js-shim/src/protocol.ts";
import { ASK, CALL, PLACE, perform, turn, USAGE } from "./asked.ts";
import { asSent, FakeHost, until } from "./fake-host.ts";

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

test("a session of which only the answer is wanted is not listened to", async () => {
  const host = new FakeHost();
  host.sessions.speech = () => Promise.reject(new Error("asked"));
  const { outcome, signals } = perform(host, { ...ASK, hearing: "answer_only" });
  await until(() => host.sent.length === 1);
  host.turns = [turn()];
  host.listener({ type: "idle" });
  expect(await outcome).toMatchObject({ type: "answered", text: "Done." });
  expect(signals.filter(({ type }) => type === "overheard")).toEqual([]);
  expect(host.logged).toEqual([]);
});

test("a session that is recalled is listened to, whether it has said its last word or not", async () => {
  for (const isCompleted of [true, false]) {
    const host = new FakeHost();
    host.speech = { sent: [ASK.text], said: [SAID], last: "Done.", outputs: [] };
    host.turns = [turn({ isCompleted })];
    const { outcome, signals } = perform(host, { type: "recall", ...PLACE });
    expect(await outcome).toMatchObject({ type: isCompleted ? "answered" : "unfinished" });
    expect(signals.map(({ type }) => type)).toEqual(["overheard"]);
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
