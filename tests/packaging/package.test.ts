/** The package as people get it: packed by npm, unpacked again, loaded as OpenCode loads it. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { opencodeBinary } from "../e2e/host.ts";
import { type Packed, pack } from "../e2e/pack.ts";

const FILES = [
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "RELIABILITY.md",
  "dist/core_bg.wasm",
  "dist/provider.js",
  "dist/server.d.ts",
  "dist/server.js",
  "docs/backlog.md",
  "docs/implement.md",
  "docs/memory.md",
  "docs/prompts.md",
  "docs/regenerate.md",
  "docs/review.md",
  "docs/run.svg",
  "docs/specs.md",
  "docs/templates.md",
  "package.json",
  "schema/options.schema.json",
];
const BYTES_MAX = 8 * 1024 * 1024;

/** Prints what the package's two entries and its in-process model give to whoever imports them. */
const LOADER = `
import plugin, * as all from "multi-agent-coder";
import * as server from "multi-agent-coder/server";
const provider = await import(new URL("./provider.js", import.meta.resolve("multi-agent-coder")).href);
console.log(JSON.stringify({
  names: Object.keys(all),
  keys: Object.keys(plugin).sort(),
  id: plugin.id,
  server: typeof plugin.server,
  isSame: server.default === plugin,
  factory: Object.keys(provider).find((name) => name.startsWith("create")) !== undefined,
}));
`;
const LOADED = {
  names: ["default"],
  keys: ["id", "server"],
  id: "multi-agent-coder",
  server: "function",
  isSame: true,
  factory: true,
};

let packed: Packed;
/** A project that has the package installed. */
let project: string;

beforeAll(() => {
  packed = pack();
  project = join(dirname(packed.archive), "project");
  const installed = join(project, "node_modules", packed.name);
  mkdirSync(dirname(installed), { recursive: true });
  cpSync(packed.directory, installed, { recursive: true });
  writeFileSync(join(project, "load.mjs"), LOADER);
});
afterAll(() => packed.remove());

test("it holds what it should, and nothing else", () => {
  const files = readdirSync(packed.directory, { recursive: true, encoding: "utf8" });
  const isFile = (path: string) => statSync(join(packed.directory, path)).isFile();
  expect(
    files
      .filter(isFile)
      .map((path) => path.replaceAll("\\", "/"))
      .sort(),
  ).toEqual(FILES);
});

test("it is small, needs nothing else, and runs nothing when it is installed", () => {
  const bytes = FILES.map((path) => statSync(join(packed.directory, path)).size);
  const wasm = readFileSync(join(packed.directory, "dist/core_bg.wasm"));
  console.log(`core_bg.wasm: ${wasm.length} bytes, gzipped ${gzipSync(wasm).length} bytes`);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(BYTES_MAX);

  const manifest = JSON.parse(readFileSync(join(packed.directory, "package.json"), "utf8"));
  for (const kind of ["dependencies", "optionalDependencies", "peerDependencies"]) {
    expect(manifest).not.toHaveProperty(kind);
  }
  for (const script of ["preinstall", "install", "postinstall", "prepare"]) {
    expect(manifest.scripts).not.toHaveProperty(script);
  }
  // OpenCode drops a plugin without a word when this does not match.
  expect(manifest.engines.opencode).toBe(">=1.18.0 <2");
});

test("publint finds nothing", async () => {
  const { messages, pkg = {} } = await publint({
    pkgDir: packed.directory,
    pack: false,
    strict: true,
  });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test("its types resolve", () => {
  const attw = join(
    dirname(createRequire(import.meta.url).resolve("@arethetypeswrong/cli/package.json")),
    "dist/index.js",
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [attw, packed.archive, "--profile", "esm-only", "--format", "ascii", "--no-color"],
    { encoding: "utf8" },
  );
  expect(status, stdout + stderr).toBe(0);
});

test.each([
  ["Node", process.execPath, {}],
  ["OpenCode's Bun", opencodeBinary(), { BUN_BE_BUN: "1" }],
])("it loads in %s and prints nothing", (_name, command, environment) => {
  const env = { PATH: process.env.PATH, HOME: project, ...environment };
  const { status, stdout, stderr } = spawnSync(command, ["load.mjs"], {
    cwd: project,
    encoding: "utf8",
    env,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  // More than this one line would be something that the import itself printed.
  expect(JSON.parse(stdout)).toEqual(LOADED);
});

/** Prints the agents and commands that the plugin installs with the options that it is given. */
const STARTER = `
import plugin from "multi-agent-coder";
const directory = process.cwd();
const options = JSON.parse(process.argv[2]);
const hooks = await plugin.server({ client: {}, directory, worktree: directory }, options);
const config = {};
await hooks.config(config);
console.log(Object.keys(config.agent).length, Object.keys(config.command).length);
`;

test("it starts without its core unless something changes what it installs", () => {
  const bare = join(dirname(packed.archive), "bare");
  cpSync(project, bare, { recursive: true });
  rmSync(join(bare, "node_modules", packed.name, "dist/core_bg.wasm"));
  writeFileSync(join(bare, "start.mjs"), STARTER);
  const start = (options: unknown) =>
    spawnSync(process.execPath, ["start.mjs", JSON.stringify(options)], {
      cwd: bare,
      encoding: "utf8",
    });
  const usual = start({ maxWorkers: 2 });
  expect({ status: usual.status, stdout: usual.stdout, stderr: usual.stderr }).toEqual({
    status: 0,
    stdout: "10 8\n",
    stderr: "",
  });
  expect(start({ outputDir: "plans" }).stderr).toContain("core_bg.wasm");
});

test("the version is the same for npm and for Cargo", () => {
  const manifest = execFileSync(
    "cargo",
    ["metadata", "--no-deps", "--offline", "--format-version", "1"],
    {
      encoding: "utf8",
      maxBuffer: BYTES_MAX,
    },
  );
  const { packages } = JSON.parse(manifest) as { packages: { name: string; version: string }[] };
  expect(packages.find(({ name }) => name === packed.name)?.version).toBe(packed.version);
});
