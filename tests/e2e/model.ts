/** A model that follows a script, behind an OpenAI-compatible address on this machine. */
import { type ChatCompletionRequest, type FixtureResponse, LLMock } from "@copilotkit/aimock";
import { Front, type Raw } from "./front.ts";
import { type KnownTask, type Role, roleOf, taskOf, textsOf } from "./roles.ts";

/** One request that reached the model, in the words of the scripts. */
export interface Call {
  role: Role;
  /** The task it is about, when it is about one. */
  task: string | undefined;
  /** Which prompt for this role and task it belongs to, from 1: a new attempt has a new text. */
  attempt: number;
  /** How often the model has answered in this session before. */
  step: number;
  /** How often exactly this request came before. */
  repeats: number;
  /** The model's name at the provider. */
  model: string;
  /** The system prompt. */
  system: string;
  /** The text the session began with. */
  text: string;
  /** Results of the tools called so far. */
  results: string[];
  /** Names of the tools on offer. */
  tools: string[];
  /** The request's size on the wire. */
  bytes: number;
  at_ms: number;
  /** The parsed request. */
  request: ChatCompletionRequest;
}

/** A tool call of the model. */
export interface ToolCall {
  name: string;
  args: Record<string, unknown>;
}

/** What the model does when asked. */
export type Reply =
  | string
  | {
      text?: string;
      tools?: ToolCall[];
      delay_ms?: number;
      finish?: string;
      usage?: { input: number; output: number };
    }
  | { status: number; message?: string; retryAfter_s?: number }
  | { hang: true }
  /** Written as it is, byte by byte. */
  | { raw: Raw };

/** An answer by step (the last one is repeated), or a function that decides on the request. */
export type Answer = Reply | Reply[] | ((call: Call) => Reply | Reply[] | Promise<Reply | Reply[]>);

/** All that the model will say. A role without an answer gets an HTTP 400 that names it. */
export type Script = Partial<Record<Role, Answer>> & {
  /** The tasks that prompts can be about. */
  tasks?: KnownTask[];
};

export const writeFile = (path: string, text: string): ToolCall => ({
  name: "write",
  args: { filePath: path, content: text },
});
export const readFile = (path: string): ToolCall => ({ name: "read", args: { filePath: path } });
export const bash = (command: string): ToolCall => ({
  name: "bash",
  args: { command, description: "run a command" },
});

export class ScriptedModel {
  /** Every request, in the order of arrival. */
  readonly calls: Call[] = [];
  private readonly mock = new LLMock({
    host: "127.0.0.1",
    port: 0,
    journalMaxEntries: 1,
    chunkSize: 4096,
  });
  private script: Script = {};
  private front: Front | undefined;
  /** What was decided on a request that the front handed on, by the name it got. */
  private readonly decided = new Map<string, FixtureResponse | Promise<FixtureResponse>>();

  static async start(script: Script): Promise<ScriptedModel> {
    const model = new ScriptedModel();
    model.follow(script);
    model.mock.on({ predicate: () => true }, (request) => model.respond(request));
    await model.mock.start();
    model.front = await Front.start(model.mock.url, (body) => model.decide(body));
    return model;
  }

  /** The address for `options.baseURL` of the provider. */
  get url(): string {
    return `${this.front?.url}/v1`;
  }

  /** Follows another script from now on; what was recorded stays. */
  follow(script: Script): void {
    this.script = script;
  }

  /** The requests of a role, of one task when it is named. */
  callsOf(role: Role, task?: string): Call[] {
    return this.calls.filter(
      (call) => call.role === role && (task === undefined || call.task === task),
    );
  }

  /** The first requests of a role's sessions: what each was sent to begin with. */
  opened(role: Role, task?: string): Call[] {
    return this.callsOf(role, task).filter((call) => call.step === 0);
  }

  /** Resolves when a request like this has come; rejects after `timeout_ms`. */
  async called(role: Role, task?: string, timeout_ms = 30_000): Promise<Call> {
    const until = Date.now() + timeout_ms;
    while (Date.now() < until) {
      const [call] = this.callsOf(role, task);
      if (call !== undefined) return call;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(
      `no request of ${role} ${task ?? ""} within ${timeout_ms} ms; came:\n${this.summary()}`,
    );
  }

  /** One line a request, for the report of a failed test. */
  summary(): string {
    const line = (call: Call) =>
      `${call.role} ${call.task ?? "-"} attempt ${call.attempt} step ${call.step} ${call.model} ${call.bytes} bytes`;
    return this.calls.map(line).join("\n");
  }

  async stop(): Promise<void> {
    this.front?.stop();
    // A reply that hangs never ends by itself; whoever asked is gone by now.
    await Promise.race([this.mock.stop(), new Promise((resolve) => setTimeout(resolve, 500))]);
  }

  private taskOf(request: ChatCompletionRequest): string | undefined {
    return taskOf(request, this.script.tasks ?? []);
  }

  private record(request: ChatCompletionRequest): Call {
    const role = roleOf(request);
    const task = this.taskOf(request);
    const step = stepOf(request);
    const text = textsOf(request, "user")[0] ?? "";
    const earlier = this.callsOf(role, task);
    const texts = [...new Set([...earlier.map((call) => call.text), text])];
    const body = JSON.stringify(request);
    const call: Call = {
      role,
      task,
      step,
      text,
      attempt: texts.indexOf(text) + 1,
      repeats: earlier.filter(
        (call) => JSON.stringify(call.request.messages) === JSON.stringify(request.messages),
      ).length,
      model: request.model,
      system: textsOf(request, "system").join("\n"),
      results: textsOf(request, "tool"),
      tools: (request.tools ?? []).map((tool) => tool.function.name),
      bytes: Buffer.byteLength(body),
      at_ms: Date.now(),
      request: JSON.parse(body),
    };
    this.calls.push(call);
    return call;
  }

  /** The script's answer to a request: bytes to write, or the request with a name to be answered by. */
  private async decide(body: string): Promise<Raw | string> {
    const request = JSON.parse(body) as ChatCompletionRequest;
    const call = this.record(request);
    const name = `call-${this.calls.length}`;
    const answer = this.script[call.role] ?? fallback(call);
    const replies = typeof answer === "function" ? await answer(call) : answer;
    const reply =
      (Array.isArray(replies) ? replies[Math.min(call.step, replies.length - 1)] : replies) ??
      "Done.";
    if (typeof reply !== "string" && "raw" in reply) return reply.raw;
    this.decided.set(name, render(reply, call));
    return JSON.stringify({ ...request, user: name });
  }

  private respond(request: ChatCompletionRequest): FixtureResponse | Promise<FixtureResponse> {
    const name = String((request as { user?: unknown }).user);
    const response = this.decided.get(name);
    this.decided.delete(name);
    if (response === undefined) throw new Error(`${name} was not decided on`);
    return response;
  }
}

function fallback({ role, system }: Call): Reply {
  if (role === "title") return "A title";
  return {
    status: 400,
    message: `the script has no answer for ${role} (system prompt: ${system.slice(0, 80)})`,
  };
}

function stepOf(request: ChatCompletionRequest): number {
  return request.messages.filter((message) => message.role === "assistant").length;
}

async function render(reply: Exclude<Reply, { raw: Raw }>, call: Call): Promise<FixtureResponse> {
  if (typeof reply === "string") return { content: reply, usage: usageOf(call, reply) };
  if ("hang" in reply) return new Promise(() => undefined);
  if ("status" in reply) {
    const message = reply.message ?? `scripted error ${reply.status}`;
    return {
      status: reply.status,
      error: { message, type: "scripted" },
      ...(reply.retryAfter_s === undefined ? {} : { retryAfter: reply.retryAfter_s }),
    };
  }
  if (reply.delay_ms !== undefined)
    await new Promise((resolve) => setTimeout(resolve, reply.delay_ms));
  const content = reply.text ?? "";
  const usage = reply.usage
    ? { prompt_tokens: reply.usage.input, completion_tokens: reply.usage.output }
    : usageOf(call, content + JSON.stringify(reply.tools ?? []));
  const overrides = {
    usage,
    ...(reply.finish === undefined ? {} : { finishReason: reply.finish }),
  };
  const toolCalls = (reply.tools ?? []).map((tool) => offered(tool, call.tools));
  if (toolCalls.length === 0) return { content, ...overrides };
  return content === "" ? { toolCalls, ...overrides } : { content, toolCalls, ...overrides };
}

/** A call of a tool that is on offer: an agent that may edit need not have `write`. */
function offered({ name, args }: ToolCall, tools: string[]): { name: string; arguments: string } {
  if (name !== "write" || tools.includes("write")) return { name, arguments: JSON.stringify(args) };
  const edit = { filePath: args.filePath, oldString: "", newString: args.content };
  return { name: "edit", arguments: JSON.stringify(edit) };
}

/** About four characters a token, as providers count. */
function usageOf(call: Call, text: string): { prompt_tokens: number; completion_tokens: number } {
  return {
    prompt_tokens: Math.ceil(call.bytes / 4),
    completion_tokens: Math.max(1, Math.ceil(text.length / 4)),
  };
}
