/** What the shim does with sessions, at the real OpenCode. */
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SessionOutcome } from "../../js-shim/src/protocol.ts";
import { AGENT, Desk, PURPOSE, place } from "./desk.ts";
import { bash, type Script } from "./model.ts";
import { inWorld } from "./world.ts";

test("a nudge is read at the next step, and the ask ends with what was said after it", () => {
  let nudge = (): Promise<SessionOutcome> => Promise.reject(new Error("too early"));
  const nudged: SessionOutcome[] = [];
  const script: Script = {
    implementer: async ({ step, request }) => {
      // While the first answer is on its way, and again while what seems to be the last one is.
      if (step <= 1) nudged.push(await nudge());
      if (step === 0) return { tools: [bash("echo one")] };
      const heard = JSON.stringify(request.messages).split("Look at the time.").length - 1;
      return `Heard it ${heard} times.`;
    },
  };
  return inWorld({ script }, async (world) => {
    const desk = await Desk.open(world);
    const session = await desk.create(await desk.server.open());
    nudge = () =>
      desk.perform({ type: "nudge", ...place(session), ...AGENT, text: "Look at the time." });
    const answer = await desk.ask(session, "Do it.");
    expect(nudged).toEqual([{ type: "nudged" }, { type: "nudged" }]);
    expect(answer).toMatchObject({ type: "answered", text: "Heard it 2 times.", finish: "stop" });
    expect(answer).toMatchObject({ usage: { steps: 3 } });
    const signals = desk.signals.get(session) ?? [];
    const types = signals.map(({ type }) => type);
    // The session is read back beside its work.
    expect(types).toContain("stored");
    expect(types.filter((type) => type !== "stored")).toEqual([
      "called",
      "stepped",
      "stepped",
      "stepped",
    ]);
    expect(signals.find(({ type }) => type === "called")).toMatchObject({
      tool: "bash",
      is_error: false,
    });
    for (const signal of signals)
      if (signal.type === "stepped") expect(signal.usage.input_tokens).toBeGreaterThan(0);
    expect(await nudge()).toMatchObject({ type: "failed", trouble: { name: "NotAtWork" } });
    // Nothing of the marks that go with our texts reaches the provider.
    expect(JSON.stringify(world.model.calls.at(-1)?.request)).not.toContain("nudge");
    await desk.server.stop();
  });
});

test("after kill -9 sessions are found by their purpose, and recalled as what they came to", () => {
  let isHanging = false;
  const script: Script = {
    implementer: ({ text, step }) => {
      if (text.startsWith("Answer.")) return step < 2 ? { tools: [bash("echo one")] } : "Answered.";
      isHanging = true;
      return { tools: [bash("sleep 60")] };
    },
  };
  return inWorld({ script }, async (world) => {
    const first = await Desk.open(world);
    const chat = await first.server.open();
    const worktree = join(world.root, "worktree");
    world.repository.git("worktree", "add", "--detach", worktree);
    const over = await first.create(chat);
    const stuck = await first.create(chat, undefined, worktree);
    await first.ask(over, "Answer.");
    const said = await first.ask(over, "Answer again.");
    void first.ask(stuck, "Hang.", undefined, worktree);
    while (!isHanging) await first.server.get("/session");
    const recall = (desk: Desk, session: string, directory: string | null = null) =>
      desk.perform({ type: "recall", session, directory });
    expect(await recall(first, stuck, worktree)).toMatchObject({ type: "unfinished" });
    first.running.kill();
    await first.running.finished;

    const desk = await Desk.open(world);
    const parents = [chat, "ses_000000000000missing"];
    const found = await desk.perform({ type: "find", parents });
    if (found.type !== "found") throw new Error(JSON.stringify(found));
    expect(found.sessions.map(({ session }) => session).sort()).toEqual([over, stuck].sort());
    expect(found.sessions).toContainEqual({ session: over, directory: null, purpose: PURPOSE });
    expect(found.sessions).toContainEqual({
      session: stuck,
      directory: worktree,
      purpose: PURPOSE,
    });
    expect(said).toMatchObject({ type: "answered", text: "Answered." });
    // What was sent is not known any more, so nobody can say from where on it would differ.
    expect(withoutPlaces(await recall(desk, over))).toEqual(withoutPlaces(said));
    expect(await recall(desk, stuck, worktree)).toMatchObject({ type: "unfinished" });
    for (const [session, directory] of [
      [over, null],
      [stuck, worktree],
    ] as const) {
      const remove = { type: "remove", session, directory } as const;
      expect(await desk.perform(remove)).toEqual({ type: "removed" });
      expect(await recall(desk, session, directory)).toEqual({ type: "removed" });
    }
    await desk.server.stop();
  });
});

function withoutPlaces(outcome: unknown): unknown {
  const isPlace = (key: string) => key === "differs_at" || key === "excerpt";
  return JSON.parse(JSON.stringify(outcome, (key, value) => (isPlace(key) ? undefined : value)));
}
