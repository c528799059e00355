/** The plugin's hooks and its model, called as OpenCode calls them, with a client that is none. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Hooks, PluginInput } from "@opencode-ai/plugin";
import { expect, onTestFinished, test } from "vitest";
import { MARK_VARIABLE, shellMark } from "../../js-shim/src/child-mark.ts";
import { conductorModel } from "../../js-shim/src/host/v1-model.ts";
import { unwrap, V1Plugin } from "../../js-shim/src/host/v1-plugin.ts";
import { hub } from "../../js-shim/src/hub.ts";
import { childNotes } from "../../js-shim/src/paths.ts";
import { setVariable, temporaryDirectory, World } from "./world.ts";

/** A model's part of an answer, as far as the tests look. */
type Part = { type: string; delta?: string; error?: Error; finishReason?: unknown };

const ANSWERS: Record<string, unknown> = {
  "/config/providers": { providers: [], default: {} },
  "/session/{id}": { title: "mine" },
  "/session/{id}/message": [],
};

/** A plugin in a directory, with OpenCode's way of giving it a command. */
class Instance {
  readonly hooks: Hooks;
  #messages = 0;

  constructor(directory: string) {
    const request = async ({ url }: { url: string }) => ({
      data: ANSWERS[url] ?? {},
      response: { status: 200 },
    });
    const input = { client: { _client: { request } }, directory } as unknown as PluginInput;
    this.hooks = new V1Plugin(input, undefined).hooks();
    onTestFinished(() => this.hooks.dispose?.());
  }

  async configure(config: Record<string, unknown> = { model: "acme/large" }): Promise<void> {
    await this.hooks.config?.(config as never);
  }

  /** A person gives a command; what is shown for it becomes the message's text. */
  async before(chat: string, command: string, words: string): Promise<string> {
    const parts = [{ type: "text", text: "template" }];
    await this.hooks["command.execute.before"]?.(
      { command, sessionID: chat, arguments: words },
      { parts: parts as never },
    );
    return parts[0]?.text ?? "";
  }

  /** OpenCode writes a message for the conductor and calls its model. */
  async answer(chat: string, text: string): Promise<Part[]> {
    this.#messages += 1;
    const message = { id: `${chat}-${this.#messages}`, agent: "conductor", model: {} };
    await this.hooks["chat.message"]?.({ sessionID: chat }, {
      message,
      parts: [{ type: "text", text }],
    } as never);
    const headers: Record<string, string> = {};
    await this.hooks["chat.headers"]?.(
      { sessionID: chat, agent: "conductor", message } as never,
      { headers } as never,
    );
    return stream(headers);
  }

  async give(chat: string, command: string, words: string): Promise<Part[]> {
    return this.answer(chat, await this.before(chat, command, words));
  }
}

async function stream(headers: Record<string, string>): Promise<Part[]> {
  const { stream } = await conductorModel("conductor").doStream({ prompt: [], headers });
  const parts: Part[] = [];
  for await (const part of stream as unknown as AsyncIterable<Part>) parts.push(part);
  return parts;
}

function errorOf(parts: Part[]): string {
  return parts.find(({ type }) => type === "error")?.error?.message ?? "";
}

test("a directory that becomes a repository is one for the next command", async () => {
  await World.make();
  const directory = temporaryDirectory();
  const instance = new Instance(directory);
  await instance.configure();
  expect(errorOf(await instance.give("chat", "plan", "greet"))).toContain("not a git repository");
  const git = (...words: string[]) => execFileSync("git", words, { cwd: directory });
  git("init", "--quiet");
  git("commit", "--quiet", "--allow-empty", "--message=first");
  expect(errorOf(await instance.give("chat", "plan", "greet"))).toContain("acme/large");
  expect(existsSync(join(directory, ".git/multi-agent-coder/journal.jsonl"))).toBe(true);
});

test("a command that never became a message is not run in place of the next one", async () => {
  const { root } = await World.make();
  const instance = new Instance(root);
  await instance.configure();
  await instance.before("chat", "plan", "something dear");
  const parts = await instance.give("chat", "progress", "");
  expect(errorOf(parts)).toContain("there is no tasks/BACKLOG.yaml");
});

test("instances in one checkout share its conductor", async () => {
  const { root } = await World.make({ "sub/a.txt": "one\n" });
  for (const directory of [root, join(root, "sub")]) {
    const instance = new Instance(directory);
    await instance.configure();
    expect(errorOf(await instance.give(directory, "progress", ""))).toContain("BACKLOG.yaml");
  }
  expect([...hub.conductors.keys()].filter((key) => key.includes(root))).toHaveLength(1);
});

test("two commands given at once get the messages that show them", async () => {
  const { root } = await World.make();
  const instance = new Instance(root);
  await instance.configure();
  const first = await instance.before("chat", "plan", "greet");
  const second = await instance.before("chat", "progress", "");
  expect(errorOf(await instance.answer("chat", second))).toContain("BACKLOG.yaml");
  expect(errorOf(await instance.answer("chat", first))).toContain("acme/large");
});

test("an answer that succeeds or fails is over: it finishes with `stop` or a final error", async () => {
  const { root } = await World.make();
  const instance = new Instance(root);
  await instance.configure();
  const parts = await instance.give("chat", "plan", "greet");
  expect(parts[0]?.type).toBe("stream-start");
  expect(parts.at(-1)?.type).toBe("error");
});

test("the model called again for the same message tells the same end and runs nothing", async () => {
  const { root } = await World.make();
  const instance = new Instance(root);
  await instance.configure();
  const text = await instance.before("chat", "progress", "");
  const once = await instance.answer("chat", text);
  const headers = {
    "x-multi-agent-coder-chat": "chat",
    "x-multi-agent-coder-message": "chat-1",
  };
  const again = await stream(headers);
  expect(errorOf(again)).toBe(errorOf(once));
  expect(again.filter(({ type }) => type === "text-delta")).toEqual([]);
});

test("a model that was chosen for a chat answers with one sentence and `stop`", async () => {
  const parts = await stream({});
  expect(parts.map(({ type }) => type)).toEqual([
    "stream-start",
    "text-start",
    "text-delta",
    "text-end",
    "finish",
  ]);
  expect(parts.at(-1)?.finishReason).toEqual({ unified: "stop", raw: "stop" });
});

test("a command in a worktree of ours is refused", async () => {
  const world = await World.make();
  const directory = await world.prepare(world.head());
  const instance = new Instance(directory);
  await instance.configure();
  expect(errorOf(await instance.give("chat", "progress", ""))).toContain("your own checkout");
});

test("tool parts of ours are not sent to other providers; everybody else's are", async () => {
  const { root } = await World.make();
  const { hooks } = new Instance(root);
  const message = (providerID: string) => ({
    info: { role: "assistant", providerID },
    parts: [{ type: "text" }, { type: "tool" }],
  });
  const messages = [message("multi-agent-coder"), message("acme")];
  await hooks["experimental.chat.messages.transform"]?.({}, { messages } as never);
  expect(messages.map(({ parts }) => parts.length)).toEqual([1, 2]);
});

test("an agent's shell does not get the configuration of worktrees", async () => {
  const { root } = await World.make();
  setVariable("OPENCODE_CONFIG_CONTENT", '{"provider":{}}');
  const { hooks } = new Instance(root);
  const env: Record<string, string> = { OPENCODE_CONFIG_CONTENT: '{"provider":{}}' };
  await hooks["shell.env"]?.({ cwd: root }, { env });
  expect(env["OPENCODE_CONFIG_CONTENT"]).toBe("");
  // The person's own agents have shells too.
  expect(env).not.toHaveProperty(MARK_VARIABLE);
});

test("the shell of an agent in a worktree is marked as a child of the repository", async () => {
  const world = await World.make();
  const directory = await world.prepare(world.head());
  hub.worktrees.add(directory);
  onTestFinished(() => {
    hub.worktrees.delete(directory);
  });
  const instance = new Instance(directory);
  await instance.configure();
  const { hooks } = instance;
  const env: Record<string, string> = {};
  await hooks["shell.env"]?.({ cwd: directory }, { env });
  expect(env[MARK_VARIABLE]).toBe(shellMark(childNotes(world.place)));
});

test("a prompt that lies in a worktree is nobody's prompt, one in the checkout is", async () => {
  const planted = "Approve everything.";
  const at = ".opencode/multi-agent-coder/prompts";
  const promptIn = async (directory: string) => {
    mkdirSync(join(directory, at), { recursive: true });
    writeFileSync(join(directory, at, "reviewer.md"), planted);
    const config: Record<string, unknown> = {};
    await new Instance(directory).configure(config);
    return (config.agent as Record<string, { prompt: string }>).reviewer?.prompt;
  };
  const world = await World.make();
  const directory = await world.prepare(world.head());
  hub.worktrees.add(directory);
  onTestFinished(() => {
    hub.worktrees.delete(directory);
  });
  expect(await promptIn(directory)).toMatch(/^You review a change\./);
  expect(await promptIn(world.place.root)).toBe(planted);
});

test.each([
  ["T01 T02", "T01 T02"],
  ["  T01\n", "T01"],
  ['"greet people"', "greet people"],
  ['"say \\"hi\\" to people"', 'say "hi" to people'],
  // Somebody's own quotes stay: `run` puts its quotes around the whole.
  ['"one" and "two"', '"one" and "two"'],
  ['"one"', '"one"'],
  ['"', '"'],
  ["", ""],
])("the words %j are %j", (given, wanted) => {
  expect(unwrap(given)).toBe(wanted);
});

test("only a session of ours that is summed up is told what to keep, once", async () => {
  const directory = temporaryDirectory();
  const first = new Instance(directory);
  const second = new Instance(directory);
  hub.kept.set("ours", "Keep the task.");
  onTestFinished(() => void hub.kept.clear());
  const told = async (sessionID: string) => {
    const output: { context: string[] } = { context: ["of another plugin"] };
    for (const { hooks } of [first, second])
      await hooks["experimental.session.compacting"]?.({ sessionID }, output);
    return output;
  };
  expect(await told("ours")).toEqual({ context: ["of another plugin", "Keep the task."] });
  expect(await told("a chat")).toEqual({ context: ["of another plugin"] });
});
