/** A clock that is set while something waits: nothing ends early, and nothing waits for ever. */

import { expect, onTestFinished, test, vi } from "vitest";
import { Conductor } from "../../js-shim/src/conductor.ts";
import { performSession } from "../../js-shim/src/effects/session.ts";
import type { Turn } from "../../js-shim/src/host/host.ts";
import type { SessionOperation } from "../../js-shim/src/protocol.ts";
import { FakeHost, FakeTurn, given, SETTING, until } from "./fake-host.ts";
import { never, World } from "./world.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The clock as somebody sets it. */
function settableClock(): (offset_ms: number) => void {
  const real = Date.now.bind(Date);
  let now_offset_ms = 0;
  const spy = vi.spyOn(Date, "now").mockImplementation(() => real() + now_offset_ms);
  onTestFinished(() => spy.mockRestore());
  return (offset_ms) => {
    now_offset_ms = offset_ms;
  };
}

function ask(timeout_ms: number): SessionOperation {
  return {
    type: "ask",
    session: "s",
    directory: null,
    agent: "implementer",
    model: null,
    text: "Do it.",
    timeout_ms,
    silent_ms: 60_000,
    hearing: "answer_only",
  };
}

const ANSWER: Turn = {
  id: "t1",
  isCompleted: true,
  finish: "stop",
  text: "Done.",
  error: null,
  usage: { input_tokens: 1, output_tokens: 1, cached_tokens: 0, cost_usd: 0, steps: 1 },
  calls: [],
  isEarlier: false,
  isFollowed: false,
};

test.each([DAY_MS, -DAY_MS])(
  "an ask is not cut short when the clock moves by %d ms",
  async (by) => {
    const set = settableClock();
    const host = new FakeHost();
    const outcome = performSession(host, ask(60_000), never, () => undefined);
    await until(() => host.sent.length === 1);
    host.isBusy = true;
    const looks = vi.spyOn(host.sessions, "isBusy");
    set(by);
    host.listener({ type: "idle" });
    // Between two looks the deadline is compared.
    await until(() => looks.mock.calls.length > 1);
    host.isBusy = false;
    host.turns = [ANSWER];
    host.listener({ type: "idle" });
    expect(await outcome).toMatchObject({ type: "answered", text: "Done." });
  },
);

test("an ask's deadline comes when the clock was set back", async () => {
  const set = settableClock();
  const host = new FakeHost();
  host.isBusy = true;
  const outcome = performSession(host, ask(300), never, () => undefined);
  await until(() => host.sent.length === 1);
  set(-DAY_MS);
  expect(await outcome).toMatchObject({ type: "failed", trouble: { type: "deadline" } });
});

test.each([DAY_MS, -DAY_MS])("a command ends when the clock moves by %d ms in it", async (by) => {
  const set = settableClock();
  const { place } = await World.make();
  const host = new FakeHost();
  const answers: (() => void)[] = [];
  host.models = () => new Promise((resolve) => answers.push(() => resolve([])));
  const conductor = new Conductor(host, place);
  const turn = new FakeTurn();
  const request = { command: given("plan", "greet"), setting: SETTING, directory: "/" };
  const running = conductor.run(request, turn, undefined);
  await until(() => answers.length > 0);
  set(by);
  for (const answer of answers) answer();
  await running;
  expect(turn.ends).toEqual([expect.stringContaining("acme/large")]);
});
