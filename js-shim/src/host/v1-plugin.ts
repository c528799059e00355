// The plugin as OpenCode 1.18 calls it: hooks that install, correlate and tidy up. What a command
// does is the conductor's business.
import type { Config, Hooks, PluginInput, PluginOptions } from "@opencode-ai/plugin";
import type { Part } from "@opencode-ai/sdk";
import { shellMark } from "../child-mark.ts";
import { Conductor } from "../conductor.ts";
import { readDefinitions } from "../core.ts";
import { hub, type ServeTurn } from "../hub.ts";
import {
  childNotes,
  isInside,
  locate,
  type RepositoryPlace,
  worktreesDirectory,
} from "../paths.ts";
import type { CommandName, PromptSources, Setting } from "../protocol.ts";
import { type ChatTurn, type GivenCommand, troubleFrom } from "./host.ts";
import { AGENT, CHAT_HEADER, MESSAGE_HEADER, PLUGIN } from "./names.ts";
import { V1Host } from "./v1.ts";
import { giveTitle, releaseToolParts, usualModel } from "./v1-chat.ts";
import { record, request, type V1Client } from "./v1-client.ts";
import { type Configured, configured, install, worktreeConfig } from "./v1-config.ts";
import { promptSources, promptsNow, worktreeSources } from "./v1-prompts.ts";
import { V1Requests } from "./v1-requests.ts";
import { V1Runs } from "./v1-runs.ts";
import { onInterrupt } from "./v1-signals.ts";
import { V1Turn } from "./v1-turn.ts";
import { cleanVariable, ownContent } from "./v1-worktree.ts";

/** This package, as a plugin of OpenCode's is named that is no package of a registry. */
const PACKAGE = new URL("..", import.meta.url).href.replace(/\/$/, "");

/** One instance of the plugin: OpenCode makes one for every directory it opens. */
export class V1Plugin {
  readonly #client: V1Client;
  readonly #host: V1Host;
  readonly #options: PluginOptions | undefined;
  readonly #directory: string;
  /** The top level of the checkout; outside a repository, the directory itself. */
  readonly #root: string;
  readonly #self = Symbol("instance");
  readonly #runs = new V1Runs();
  readonly #requests: V1Requests;
  /** Chats of this instance with a command at work, or being put away. */
  readonly #chats = new Map<string, Conductor>();
  #commands = new Map<string, CommandName>();
  /** In a worktree, what its agents' shells are known by; the person's own shells are not ours to end. */
  #shellMark: Promise<string | null> = Promise.resolve(null);
  /** What was configured, and from what. */
  #configured: { setting: Configured; sources: PromptSources } | null = null;

  constructor({ client, directory, worktree }: PluginInput, options: PluginOptions | undefined) {
    this.#client = client;
    this.#options = options;
    this.#directory = directory;
    // What OpenCode says where there is no repository.
    this.#root = worktree === "/" ? directory : (worktree ?? directory);
    this.#host = new V1Host(client, directory, this.#root);
    this.#requests = new V1Requests(directory, () => busySessions(client));
    hub.instances.set(directory, this.#self);
  }

  hooks(): Hooks {
    return {
      config: async (config) => this.#config(config),
      dispose: () => this.#dispose(),
      event: async ({ event }) => {
        this.#host.started();
        if (event.type === "session.idle") await this.#idle(event.properties.sessionID);
      },
      "command.execute.before": async ({ command, sessionID, arguments: words }, { parts }) => {
        const name = this.#commands.get(command);
        if (name === undefined || !this.#isActing()) return;
        this.#host.started();
        await this.#given(sessionID, command, name, unwrap(words), parts);
      },
      "chat.message": async ({ sessionID }, { message, parts }) => {
        this.#host.started();
        if (message.agent === AGENT) this.#runs.bind(sessionID, message.id, textOf(parts));
        else if (message.model.providerID === PLUGIN) await this.#repairModel(sessionID, message);
        await this.#requests.heard(sessionID, message.agent);
      },
      "tool.definition": async ({ toolID }, output) => this.#requests.define(toolID, output),
      "experimental.chat.system.transform": async ({ sessionID }, { system }) =>
        this.#requests.arrange(sessionID, system),
      "chat.headers": async ({ sessionID, agent, message }, { headers }) => {
        if (agent !== AGENT) return;
        headers[CHAT_HEADER] = sessionID;
        headers[MESSAGE_HEADER] = message.id;
      },
      "experimental.chat.messages.transform": async (_, { messages }) => {
        // Other providers refuse tool calls that have no result message.
        for (const { info, parts } of messages) {
          if (info.role !== "assistant" || info.providerID !== PLUGIN) continue;
          parts.splice(0, parts.length, ...parts.filter(({ type }) => type !== "tool"));
        }
      },
      "experimental.session.compacting": async ({ sessionID }, { context }) => {
        const kept = this.#isActing() ? hub.kept.get(sessionID) : undefined;
        if (kept !== undefined) context.push(kept);
      },
      "shell.env": async (_, { env }) => cleanVariable(env, await this.#shellMark),
    };
  }

  /** Two installs of the plugin in one directory must not both act: the later one does. */
  #isActing(): boolean {
    return hub.instances.get(this.#directory) === this.#self;
  }

  async #config(config: Config): Promise<void> {
    const isWorktree = hub.worktrees.has(this.#directory);
    const sources = isWorktree
      ? worktreeSources(this.#options)
      : await promptSources(this.#root, config, this.#options);
    const definitions = readDefinitions(sources);
    const provider = new URL("./provider.js", import.meta.url).href;
    this.#commands = install(config, definitions, provider, (message) =>
      this.#host.log("warn", message),
    );
    this.#requests.describe(definitions.tools);
    this.#configured = { setting: configured(config, definitions), sources };
    if (isWorktree) {
      this.#shellMark = markOfShells(this.#directory);
      return;
    }
    const plugin: [string, PluginOptions] = [PACKAGE, this.#options ?? {}];
    const content = worktreeConfig(config, definitions, plugin, ownContent());
    hub.worktreeConfigs.set(this.#root, content);
  }

  async #given(
    chat: string,
    command: string,
    name: CommandName,
    words: string,
    parts: Part[],
  ): Promise<void> {
    const shown = `/${command} ${words}`.trim();
    this.#runs.given({ chat, name, arguments: words }, shown);
    hub.turns.set(chat, this.#serve);
    // The template is the same for all arguments; the person wants to see theirs.
    for (const part of parts) if (part.type === "text") part.text = shown;
    await giveTitle(this.#client, chat, shown).catch((error) => {
      this.#host.log("debug", `title: ${troubleFrom(error).message}`);
    });
  }

  #serve: ServeTurn = async ({ chat, message }, emit, signal) => {
    const turn = new V1Turn(this.#host, this.#client, chat, emit);
    const run = this.#runs.find(message);
    if (!run)
      return "This message is not a command of multi-agent-coder. Choose another agent to chat.";
    // Called again for the same message, which OpenCode does after errors: tell the end, run nothing.
    if (run.result !== undefined) return run.result;
    run.result = turn.ended;
    for (const { name, arguments: words } of this.#runs.takePassedOver(chat)) {
      turn.say(
        `\`/${name} ${words}\` was typed while another command was at work, and was not run.\n\n`,
      );
    }
    void this.#conduct(run.command, turn, signal).catch((error) =>
      turn.end(troubleFrom(error).message),
    );
    return run.result;
  };

  async #conduct(
    command: GivenCommand,
    turn: ChatTurn,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const place = await locate(this.#directory);
    const conductor = this.#conductorAt(place);
    const setting: Setting = {
      options: this.#options ?? null,
      ...(await this.#settingNow()),
      seed: Math.floor(Math.random() * 2 ** 32),
    };
    const { chat } = command;
    const release = onInterrupt(() => this.#dispose());
    this.#chats.set(chat, conductor);
    try {
      await conductor.run({ command, setting, directory: place.person_directory }, turn, signal);
      // The interrupt stays ours until everything is put away.
      await conductor.quiet();
    } finally {
      release();
      if (!conductor.chats.includes(chat)) this.#chats.delete(chat);
    }
  }

  /** What was configured. Files that changed since then are told, not used. */
  async #settingNow(): Promise<Configured> {
    if (this.#configured === null) throw new Error("OpenCode did not configure this plugin.");
    const { setting, sources } = this.#configured;
    const now = await promptsNow(this.#root, sources, setting.prompts);
    return { ...setting, prompts: readDefinitions(now).prompts };
  }

  /** The conductor of a checkout, which all instances in it share. Throws in a worktree of ours. */
  #conductorAt(place: RepositoryPlace): Conductor {
    if (
      hub.worktrees.has(this.#directory) ||
      isInside(worktreesDirectory(place, null), place.root)
    ) {
      throw new Error(
        "This directory belongs to multi-agent-coder. Give the command in your own checkout.",
      );
    }
    const key = JSON.stringify([place.state, place.root]);
    const conductor = hub.conductors.get(key) ?? new Conductor(this.#host, place);
    hub.conductors.set(key, conductor);
    return conductor;
  }

  /** Ends the commands that were given here. What is left to do when it takes too long, the next start does. */
  async #dispose(): Promise<void> {
    if (!this.#isActing()) return;
    const chats = [...this.#chats.keys()];
    await Promise.all([...new Set(this.#chats.values())].map((one) => one.stop(chats)));
  }

  async #idle(chat: string): Promise<void> {
    if (!hub.turns.has(chat) || !this.#isActing()) return;
    await releaseToolParts(this.#client, chat).catch((error) => {
      this.#host.log("debug", `tool parts: ${troubleFrom(error).message}`);
    });
  }

  /** A chat that ran a command keeps our model for what is said next: give it the person's again. */
  async #repairModel(
    chat: string,
    message: { model: { providerID: string; modelID: string } },
  ): Promise<void> {
    const model =
      this.#configured?.setting.model ?? (await usualModel(this.#client, chat).catch(() => null));
    if (model) message.model = { providerID: model.provider, modelID: model.model };
  }
}

/** The sessions at work in an instance. */
async function busySessions(client: V1Client): Promise<string[]> {
  const all = await request<Record<string, unknown>>(client, "GET", "/session/status");
  return Object.entries(all)
    .filter(([, status]) => record(status)["type"] !== "idle")
    .map(([session]) => session);
}

/** Without it, agents work as well; only after a kill their shells would be left behind. */
function markOfShells(directory: string): Promise<string | null> {
  return locate(directory).then(
    (place) => shellMark(childNotes(place)),
    () => null,
  );
}

function textOf(parts: Part[]): string {
  return parts.find((part) => part.type === "text")?.text ?? "";
}

/** `opencode run` puts an argument that holds spaces into quotes, and a backslash before its quotes. Our
 * options, which stand before it, stay in front. */
export function unwrap(words: string): string {
  const [options = ""] = /^(?:--\S+\s+)*/.exec(words.trimStart()) ?? [];
  return `${options}${unquoted(words.trimStart().slice(options.length))}`;
}

function unquoted(words: string): string {
  const trimmed = words.trim();
  const inner = trimmed.slice(1, -1);
  const isWrapped =
    trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"') && /\s/.test(inner);
  if (!isWrapped || /(?<!\\)"/.test(inner)) return trimmed;
  return inner.replaceAll('\\"', '"');
}
