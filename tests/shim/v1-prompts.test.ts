/** What is found of a person's prompts, with real files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isUsual, readDefinitions } from "../../js-shim/src/core.ts";
import { install } from "../../js-shim/src/host/v1-config.ts";
import { promptSources, promptsNow } from "../../js-shim/src/host/v1-prompts.ts";
import type { PromptFile, PromptSources } from "../../js-shim/src/protocol.ts";
import { temporaryDirectory } from "./world.ts";

const EMPTY = { hashes: {}, problems: [], notes: [] };

/** A checkout with files in the directory of prompts. */
function checkout(files: Record<string, string | Uint8Array>): string {
  const root = temporaryDirectory();
  const directory = join(root, ".opencode/multi-agent-coder/prompts");
  mkdirSync(directory, { recursive: true });
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content);
  return root;
}

test("texts are read, what an editor leaves is not, and what is no text is told", async () => {
  const root = checkout({
    "reviewer.md": "Mine, with ä.",
    "implementer.md": new Uint8Array([0xff, 0xfe, 0x00]),
    "backlog.md": "x".repeat(1024 * 1024 + 1),
    ".reviewer.md.swp": "x",
    "reviewer.md~": "x",
  });
  mkdirSync(join(root, ".opencode/multi-agent-coder/prompts/rebase.md"));
  const { files } = await promptSources(root, {}, undefined);
  expect(files).toEqual([
    { name: "backlog.md", content: { type: "unreadable", reason: "it has 1048577 bytes" } },
    { name: "implementer.md", content: { type: "unreadable", reason: "it is not UTF-8" } },
    { name: "rebase.md", content: { type: "unreadable", reason: "it is not a file" } },
    { name: "reviewer.md", content: { type: "text", text: "Mine, with ä." } },
  ]);
});

test("without a directory there are no files", async () => {
  const found = await promptSources(temporaryDirectory(), {}, { maxWorkers: 2 });
  expect(found).toEqual({ options: { maxWorkers: 2 }, files: [], own: {}, registered: null });
});

test("a prompt in OpenCode's configuration is the person's, unless an install of ours put it there", async () => {
  const root = checkout({ "reviewer.md": "From a file." });
  const config = { agent: { rebase: { prompt: "From the configuration." } } };
  const sources = await promptSources(root, config, undefined);
  expect(sources.own).toEqual({ rebase: "From the configuration." });
  const definitions = readDefinitions(sources);
  install(config as never, definitions, "file:///provider.js", () => undefined);
  const again = await promptSources(root, config, undefined);
  expect(again.own).toEqual({});
  const prompts = Object.fromEntries(definitions.agents.map(({ name, prompt }) => [name, prompt]));
  expect(prompts).toMatchObject({ reviewer: "From a file.", rebase: "From the configuration." });
});

test("a file that was written after the start is told", async () => {
  const root = checkout({});
  const sources = await promptSources(root, {}, undefined);
  const { prompts } = readDefinitions(sources);
  expect(prompts).toMatchObject({
    ...EMPTY,
    hashes: { reviewer: expect.stringMatching(/^[0-9a-f]{16}$/) },
  });
  writeFileSync(join(root, ".opencode/multi-agent-coder/prompts/reviewer.md"), "Later.");
  const now = readDefinitions(await promptsNow(root, sources, prompts)).prompts;
  expect(now.hashes).toEqual(prompts.hashes);
  expect(now.notes).toEqual([expect.stringContaining("prompts of reviewer")]);
});

test("the usual definitions are those of everyone who changes nothing of them", () => {
  const none: PromptSources = { options: null, files: [], own: {}, registered: null };
  const usual = readDefinitions(none);
  const file: PromptFile = { name: "reviewer.md", content: { type: "text", text: "Mine." } };
  const alike = [
    none,
    { ...none, options: { maxWorkers: 2, gates: { lint: false }, budget: "a wrong one" } },
    { ...none, own: { "an agent of the person's": "Mine." } },
  ];
  for (const sources of alike) {
    expect(isUsual(sources, usual)).toBe(true);
    expect(readDefinitions(sources)).toEqual(usual);
  }
  const different = [
    { ...none, options: { outputDir: "plans" } },
    { ...none, options: { context: { maxBytes: 5000 } } },
    { ...none, own: { reviewer: "Mine." } },
    { ...none, files: [file] },
  ];
  for (const sources of different) {
    expect(isUsual(sources, usual)).toBe(false);
    expect(readDefinitions(sources)).not.toEqual(usual);
  }
});
