/** How an ask of a session ends, at a host that is none. */
import { expect, onTestFinished, test, vi } from "vitest";
import { HostError } from "../../js-shim/src/host/host.ts";
import type { SessionOutcome } from "../../js-shim/src/protocol.ts";
import { ASK, PLACE, perform, turn, USAGE } from "./asked.ts";
import { FakeHost, until } from "./fake-host.ts";

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
