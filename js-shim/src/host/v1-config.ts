// What the `config` hook writes into OpenCode's configuration, and what worktrees get of it.
import type { Config, PluginOptions } from "@opencode-ai/plugin";
import { hub } from "../hub.ts";
import type {
  AgentDefinition,
  CommandName,
  Definitions,
  ModelRef,
  Rule,
  Setting,
} from "../protocol.ts";
import { AGENT, MODEL, PLUGIN } from "./names.ts";

/** The configuration, as far as it is looked into here. */
interface Loose {
  model?: string;
  small_model?: string;
  provider?: Record<string, unknown>;
  enabled_providers?: string[];
  disabled_providers?: string[];
  agent?: Record<string, Record<string, unknown>>;
  command?: Record<string, Record<string, unknown>>;
  mcp?: Record<string, Record<string, unknown>>;
}

/** Adds everything of ours. Gives our commands by the names they got. */
export function install(
  config: Config,
  definitions: Definitions,
  providerUrl: string,
  warn: (message: string) => void,
): Map<string, CommandName> {
  const loose = config as unknown as Loose;
  addProvider(loose, providerUrl);
  addAgents(loose, definitions.agents);
  return addCommands(loose, definitions, warn);
}

/** What the configuration says, for a command's `Setting`. */
export type Configured = Pick<
  Setting,
  "model" | "small_model" | "agents" | "tool_rules" | "prompts"
>;

/** Reads the person's models, those they set for agents of ours among them, what they say of further tools of
 * these, and which prompts are at work. */
export function configured(config: Config, { agents, prompts }: Definitions): Configured {
  const { model, small_model, agent } = config as unknown as Loose;
  const models: Configured["agents"] = {};
  const tool_rules: Configured["tool_rules"] = {};
  for (const { name, role, rules } of agents) {
    if (name !== role) continue;
    const model = parseModel(agent?.[name]?.["model"]);
    if (model !== null) models[name] = model;
    const further = furtherRules(agent?.[name]?.["permission"], rules);
    if (further.some(isAllow)) tool_rules[name] = further;
  }
  const usual = { model: parseModel(model), small_model: parseModel(small_model) };
  return { ...usual, agents: models, tool_rules, prompts };
}

/** What a person's permissions say of tools beside those that an agent has rules for, patterns first as
 * OpenCode has them. Nobody is there to be asked. */
function furtherRules(permission: unknown, rules: Rule[]): Rule[] {
  const known = new Set(rules.map(({ permission: tool }) => tool));
  const all = Object.entries((permission ?? {}) as Record<string, unknown>);
  return all
    .filter(([tool]) => !known.has(tool))
    .sort(([a], [b]) => Number(b.includes("*")) - Number(a.includes("*")))
    .map(([tool, action]) => {
      return { permission: tool, pattern: "*", action: action === "allow" ? "allow" : "deny" };
    });
}

function isAllow({ action }: Rule): boolean {
  return action === "allow";
}

/** Reads `provider/model`. */
export function parseModel(text: unknown): ModelRef | null {
  const [provider, ...rest] = (typeof text === "string" ? text : "").split("/");
  const model = rest.join("/");
  return provider && model ? { provider, model } : null;
}

/**
 * The configuration that an instance in a worktree needs on top of what is committed: the person's
 * providers and models, our agents, and this plugin. `own` is what the person already sets in this way.
 */
export function worktreeConfig(
  config: Config,
  definitions: Definitions,
  plugin: [url: string, options: PluginOptions],
  own: Record<string, unknown>,
): string {
  const { provider, model, small_model, enabled_providers, disabled_providers, agent, mcp } =
    config as unknown as Loose;
  const names = definitions.agents.map(({ name }) => name);
  const agents = Object.fromEntries(
    Object.entries(agent ?? {}).filter(([name]) => names.includes(name)),
  );
  const ownAgents = own["agent"] as Record<string, unknown> | undefined;
  return JSON.stringify({
    ...own,
    provider,
    model,
    small_model,
    enabled_providers,
    disabled_providers,
    agent: { ...ownAgents, ...agents },
    mcp: mcpFor(configured(config, definitions).tool_rules, mcp ?? {}),
    // An install that is not committed is missing there. One that is found twice does no harm.
    plugin: [...(Array.isArray(own["plugin"]) ? own["plugin"] : []), plugin],
    // Nobody undoes a worker's edits step by step, and the snapshots cost time and space.
    snapshot: false,
  });
}

/** The agents whose sessions are in worktrees. */
const IN_WORKTREES = ["implementer", "documenter", "reviewer"];

/** The person's MCP servers for worktrees, on when an agent there may use them: each worktree starts its
 * own, and OpenCode asks no model before they have answered. */
function mcpFor(rules: Configured["tool_rules"], servers: Required<Loose>["mcp"]): Loose["mcp"] {
  const allowed = IN_WORKTREES.flatMap((agent) => (rules[agent] ?? []).filter(isAllow));
  const tools = allowed.map(({ permission }) => permission);
  const isUsed = (name: string) => {
    // OpenCode's names of their tools.
    const prefix = `${name.replace(/[^a-zA-Z0-9_-]/g, "_")}_`;
    return tools.some(
      (tool) => prefix.startsWith(tool.split(/[*?]/)[0] ?? "") || tool.startsWith(prefix),
    );
  };
  const entries = Object.entries(servers);
  return Object.fromEntries(
    entries.map(([name, server]) => [name, isUsed(name) ? server : { ...server, enabled: false }]),
  );
}

function addProvider(config: Loose, npm: string): void {
  const model = {
    name: "conductor (internal)",
    // No limit, or a command in a long chat would be compacted with our model.
    limit: { context: 0, output: 0 },
    cost: { input: 0, output: 0 },
    tool_call: false,
    reasoning: false,
  };
  config.provider ??= {};
  config.provider[PLUGIN] = {
    name: "multi-agent-coder (internal)",
    npm,
    models: { [MODEL]: model },
  };
  if (config.enabled_providers && !config.enabled_providers.includes(PLUGIN))
    config.enabled_providers.push(PLUGIN);
}

function addAgents(config: Loose, definitions: AgentDefinition[]): void {
  config.agent ??= {};
  for (const definition of definitions) {
    const { name, role, prompt } = definition;
    // What the person set for an agent holds for the variants of its prompt, too.
    const own = name === role ? config.agent[name] : { ...config.agent[role], prompt };
    config.agent[name] = { ...agentOf(definition), ...own, ...config.agent[name] };
    hub.installed.add(config.agent[name]);
  }
  // The conductor is not for a person to change: the commands hang on it.
  config.agent[AGENT] = {
    ...config.agent[AGENT],
    description: "Runs the commands of multi-agent-coder (internal)",
    mode: "primary",
    hidden: true,
    model: `${PLUGIN}/${MODEL}`,
    prompt: "-",
    permission: { "*": "deny", doom_loop: "allow" },
  };
  hub.installed.add(config.agent[AGENT]);
}

function agentOf({ description, prompt, rules }: AgentDefinition): Record<string, unknown> {
  return {
    description,
    prompt,
    // Every other mode is offered to the person's own agents in their `task` tool, hidden or not.
    mode: "primary",
    hidden: true,
    permission: permissionOf(rules),
  };
}

/** Rules as OpenCode's configuration spells them; the order of the keys is the order of the rules. */
function permissionOf(rules: Rule[]): Record<string, Record<string, string>> {
  const permission: Record<string, Record<string, string>> = {};
  for (const { permission: name, pattern, action } of rules) {
    permission[name] = { ...permission[name], [pattern]: action };
  }
  return permission;
}

function addCommands(
  config: Loose,
  { commands }: Definitions,
  warn: (message: string) => void,
): Map<string, CommandName> {
  config.command ??= {};
  const names = new Map<string, CommandName>();
  for (const { name, description } of commands) {
    const template = templateOf(name);
    const existing: Record<string, unknown> | undefined = config.command[name];
    const isTaken: boolean = existing !== undefined && existing["template"] !== template;
    const given = isTaken ? `mac-${name}` : name;
    if (isTaken) warn(`There already is a command /${name}: ours is /${given}`);
    config.command[given] = { template, description, agent: AGENT, model: `${PLUGIN}/${MODEL}` };
    names.set(given, name);
  }
  return names;
}

/**
 * OpenCode runs shell commands and reads files that a template names, after it put the arguments in; a
 * template without any placeholder gets them at its end. So this one has a placeholder that no one fills.
 */
function templateOf(name: CommandName): string {
  return `/${name} $9999`;
}
