// What the requests of our agents are made of, beside the conversation: short descriptions of the tools
// instead of OpenCode's long ones, and the system prompt with what is equal for all of them first. The
// requests of the person's own agents are never changed.
import { hub } from "../hub.ts";
import type { ToolDefinition } from "../protocol.ts";
import { AGENT } from "./names.ts";

/** From a message to the moment in which its session counts as busy it takes OpenCode milliseconds. */
const BEGINNING_MS = 2_000;

/** What OpenCode's hook gives and takes; `jsonSchema` is not in its types. */
interface ToolOutput {
  description: string;
  /** A schema of the Effect library: `fields` are the arguments. */
  parameters: unknown;
  jsonSchema?: unknown;
}

/** The requests of one instance. */
export class V1Requests {
  readonly #directory: string;
  /** The sessions at work in this instance, those on the conductor left out. */
  readonly #busy: () => Promise<string[]>;
  #tools = new Map<string, ToolDefinition>();
  /** Sessions of ours that were asked in this instance. */
  readonly #asked = new Set<string>();
  /** When the latest message of each other session came. */
  readonly #heard = new Map<string, number>();
  /** Counts the messages of other sessions. */
  #others = 0;
  /** Since our sessions began, nobody else was at work in this instance. */
  #isAlone = false;

  constructor(directory: string, busy: () => Promise<string[]>) {
    this.#directory = directory;
    this.#busy = busy;
  }

  describe(tools: ToolDefinition[]): void {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
  }

  /** A message came; OpenCode asks no model for it before this resolves. */
  async heard(session: string, agent: string): Promise<void> {
    if (hub.sessions.has(session)) return this.#begin(session);
    // Whatever this chat said before is answered: a session does one thing after the other.
    if (agent === AGENT) return void this.#heard.delete(session);
    this.#heard.set(session, Date.now());
    this.#others += 1;
    this.#isAlone = false;
  }

  /**
   * OpenCode describes a tool for a request and does not say for whose. In a worktree of ours all requests
   * are ours. In the person's checkout they are while none of their own sessions is at work: every one of
   * those announces itself by a message first.
   */
  define(name: string, output: ToolOutput): void {
    if (!hub.worktrees.has(this.#directory) && !(this.#isAlone && this.#isAsked())) return;
    const tool = this.#tools.get(name);
    if (tool === undefined || !takes(output.parameters, Object.keys(tool.parameters.properties)))
      return;
    output.description = tool.description;
    output.jsonSchema = tool.parameters;
  }

  /** The system prompt of a session of ours: what differs from directory to directory and from day to day
   * goes to its end or is left out, so that caches of providers keep the rest. */
  arrange(session: string | undefined, system: string[]): void {
    if (session === undefined || !hub.sessions.has(session)) return;
    const own = `Instructions from: ${this.#directory}/`;
    const arranged = system.map((text) =>
      withEnvironmentLast(text.replaceAll(own, "Instructions from: ")),
    );
    system.splice(0, system.length, ...arranged);
  }

  async #begin(session: string): Promise<void> {
    if (!this.#isAsked()) {
      const before = this.#others;
      const busy = await this.#busy().catch(() => null);
      this.#isAlone = busy !== null && this.#isQuiet(busy) && before === this.#others;
    }
    this.#asked.add(session);
  }

  #isAsked(): boolean {
    for (const session of this.#asked) if (!hub.sessions.has(session)) this.#asked.delete(session);
    return this.#asked.size > 0;
  }

  #isQuiet(busy: string[]): boolean {
    const since = Date.now() - BEGINNING_MS;
    const isOther = (session: string) =>
      !hub.sessions.has(session) && (!hub.turns.has(session) || this.#heard.has(session));
    return !busy.some(isOther) && ![...this.#heard.values()].some((at) => at > since);
  }
}

/** Whether a tool takes just these arguments: else it is another one than we know. */
function takes(parameters: unknown, names: string[]): boolean {
  const fields = (parameters as { fields?: Record<string, unknown> } | null)?.fields;
  if (fields === undefined) return false;
  return Object.keys(fields).sort().join() === [...names].sort().join();
}

const ENVIRONMENT =
  /^You are powered by the model named .*\nHere is some useful information .*\n<env>\n([\s\S]*?)<\/env>\n?/m;

/** Without what the working directory says already, or says nothing. */
function withEnvironmentLast(text: string): string {
  const found = ENVIRONMENT.exec(text);
  if (found === null) return text;
  const rest = text.slice(0, found.index) + text.slice(found.index + found[0].length);
  const lines = (found[1] ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^(Working directory|Platform|Today's date):/.test(line));
  return `${rest.trimEnd()}\n\n${lines.join("\n")}`;
}
