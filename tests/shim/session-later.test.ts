/** Nudges, and sessions that are met again, at a host that is none. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { Turn } from "../../js-shim/src/host/host.ts";
import type { SessionOperation } from "../../js-shim/src/protocol.ts";
import { ASK, PLACE, perform, turn } from "./asked.ts";
import { FakeHost } from "./fake-host.ts";

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
