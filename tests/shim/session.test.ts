/** Sessions of a host that is none. */

import { expect, onTestFinished, test, vi } from "vitest";
import { performSession } from "../../js-shim/src/effects/session.ts";
import type { Turn } from "../../js-shim/src/host/host.ts";
import type { SessionOperation, SessionSignal } from "../../js-shim/src/protocol.ts";
import { FakeHost, until } from "./fake-host.ts";
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

function turn(more: Partial<Turn> = {}): Turn {
  const usage = { input_tokens: 3, output_tokens: 2, cached_tokens: 0, cost_usd: 0.5, steps: 1 };
  return {
    id: "t1",
    isCompleted: true,
    finish: "stop",
    text: "Done.",
    error: null,
    usage,
    ...more,
  };
}

function perform(host: FakeHost, operation: SessionOperation, cancel = never) {
  const signals: SessionSignal[] = [];
  const outcome = performSession(host, operation, cancel, (_, signal) => signals.push(signal));
  return { outcome, signals };
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
  expect(signals).toEqual([{ type: "stepped", finish: "stop" }]);
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

test("a host that fails is an outcome", async () => {
  const host = new FakeHost();
  const refuse = () => Promise.reject(new Error("no"));
  host.sessions.send = refuse;
  host.sessions.create = refuse;
  host.sessions.remove = refuse;
  expect(await perform(host, ASK).outcome).toMatchObject({ type: "failed" });
  const place = { session: "s", directory: null };
  expect(await perform(host, { type: "remove", ...place }).outcome).toEqual({
    type: "kept",
    reason: "no",
  });
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
