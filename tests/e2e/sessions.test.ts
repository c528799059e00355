/** Sessions of the real OpenCode, worked on by the shim's own handlers over the server's address. */
import { createOpencodeClient } from "@opencode-ai/sdk";
import { expect, test } from "vitest";
import { performSession } from "../../js-shim/src/effects/session.ts";
import { V1Host } from "../../js-shim/src/host/v1.ts";
import { hub } from "../../js-shim/src/hub.ts";
import type {
  Purpose,
  SessionOperation,
  SessionOutcome,
  SessionSignal,
} from "../../js-shim/src/protocol.ts";
import type { Running } from "./host.ts";
import { bash, type Script } from "./model.ts";
import { type Server, serve } from "./serve.ts";
import { inWorld, type World } from "./world.ts";

const PURPOSE: Purpose = { agent: "implementer", task: "T01", attempt: 2 };
const RULES = [{ permission: "*", pattern: "*", action: "allow" as const }];

/** A server of OpenCode, and what the shim does with its sessions. */
class Desk {
  readonly signals: SessionSignal[] = [];
  private constructor(
    readonly server: Server,
    private readonly host: V1Host,
    readonly running: Running,
  ) {}

  static async open(world: World): Promise<Desk> {
    const running = world.opencode(["serve", "--port", "0"], { timeout_ms: 120_000 });
    const { directory } = world.repository;
    const [, baseUrl = ""] = await running.printed(/listening on (http:\S+)/);
    const server = await serve(running, directory);
    const client = createOpencodeClient({ baseUrl, directory });
    // The stream of a server that was there before leads nowhere.
    hub.events = null;
    return new Desk(server, new V1Host(client as never, directory), running);
  }

  perform(operation: SessionOperation): Promise<SessionOutcome> {
    return performSession(this.host, operation, new AbortController().signal, (_, signal) =>
      this.signals.push(signal),
    );
  }

  async create(parent: string): Promise<string> {
    const title = "T01: work";
    const created = await this.perform({
      type: "create",
      directory: null,
      parent,
      title,
      rules: RULES,
      purpose: PURPOSE,
    });
    if (created.type !== "created") throw new Error(JSON.stringify(created));
    return created.session;
  }

  ask(session: string, text: string): Promise<SessionOutcome> {
    const limits = { timeout_ms: 60_000, silent_ms: 60_000 };
    return this.perform({ type: "ask", ...place(session), ...AGENT, text, ...limits });
  }
}

const AGENT = { agent: "implementer", model: null };
const place = (session: string) => ({ session, directory: null });

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
    expect(desk.signals.map(({ type }) => type)).toEqual([
      "called",
      "stepped",
      "stepped",
      "stepped",
    ]);
    expect(desk.signals[0]).toMatchObject({ tool: "bash", is_error: false });
    for (const signal of desk.signals)
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
    const [over, stuck] = [await first.create(chat), await first.create(chat)];
    await first.ask(over, "Answer.");
    const said = await first.ask(over, "Answer again.");
    void first.ask(stuck, "Hang.");
    while (!isHanging) await first.server.get("/session");
    const recall = (desk: Desk, session: string) =>
      desk.perform({ type: "recall", ...place(session) });
    expect(await recall(first, stuck)).toMatchObject({ type: "unfinished" });
    first.running.kill();
    await first.running.finished;

    const desk = await Desk.open(world);
    const parents = [chat, "ses_000000000000missing"];
    const found = await desk.perform({ type: "find", parents });
    if (found.type !== "found") throw new Error(JSON.stringify(found));
    expect(found.sessions.map(({ session }) => session).sort()).toEqual([over, stuck].sort());
    expect(found.sessions[0]).toMatchObject({ directory: null, purpose: PURPOSE });
    expect(said).toMatchObject({ type: "answered", text: "Answered." });
    expect(await recall(desk, over)).toEqual(said);
    expect(await recall(desk, stuck)).toMatchObject({ type: "unfinished" });
    expect(await desk.perform({ type: "remove", ...place(over) })).toEqual({ type: "removed" });
    expect(await recall(desk, over)).toEqual({ type: "removed" });
    await desk.server.stop();
  });
});
