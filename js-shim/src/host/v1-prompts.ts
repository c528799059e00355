// What prompts are made of: the person's files in their checkout, and what they set in OpenCode's
// configuration. What becomes of it is decided in the core.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config, PluginOptions } from "@opencode-ai/plugin";
import { hub } from "../hub.ts";
import type { PromptContent, PromptFile, PromptSources, PromptsInUse } from "../protocol.ts";
import { troubleFrom } from "./host.ts";

/** The person's directory of prompts, from the root of their checkout. */
const DIRECTORY = ".opencode/multi-agent-coder/prompts";
/** A larger file is not read; far smaller ones are refused by the core, with their line. */
const FILE_BYTES_MAX = 1024 * 1024;

/** What is found in a checkout when OpenCode starts; never rejects. */
export async function promptSources(
  root: string,
  config: Config,
  options: PluginOptions | undefined,
): Promise<PromptSources> {
  return {
    options: options ?? null,
    files: await promptFiles(join(root, DIRECTORY)),
    own: ownPrompts(config),
    registered: null,
  };
}

/** What is found now, beside what was registered when OpenCode started. */
export async function promptsNow(
  root: string,
  sources: PromptSources,
  registered: PromptsInUse,
): Promise<PromptSources> {
  return { ...sources, files: await promptFiles(join(root, DIRECTORY)), registered };
}

/** In a worktree of ours nothing that lies there counts: its configuration brings the prompts. */
export function worktreeSources(options: PluginOptions | undefined): PromptSources {
  return { options: options ?? null, files: [], own: {}, registered: null };
}

async function promptFiles(directory: string): Promise<PromptFile[]> {
  const names = await readdir(directory).catch(() => []);
  // Editors keep files of their own beside, whose names begin with a dot or end with a tilde.
  const shown = names.filter((name) => !name.startsWith(".") && !name.endsWith("~")).sort();
  return Promise.all(
    shown.map(async (name) => ({ name, content: await contentOf(join(directory, name)) })),
  );
}

async function contentOf(path: string): Promise<PromptContent> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return { type: "unreadable", reason: "it is not a file" };
    if (found.size > FILE_BYTES_MAX)
      return { type: "unreadable", reason: `it has ${found.size} bytes` };
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
    return { type: "text", text };
  } catch (error) {
    const isText = error instanceof TypeError;
    return {
      type: "unreadable",
      reason: isText ? "it is not UTF-8" : troubleFrom(error).message,
    };
  }
}

/** Prompts that the person set, not those of an install of ours before. */
function ownPrompts(config: Config): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, agent] of Object.entries(config.agent ?? {})) {
    if (agent === undefined || hub.installed.has(agent)) continue;
    if (typeof agent.prompt === "string") own[name] = agent.prompt;
  }
  return own;
}
