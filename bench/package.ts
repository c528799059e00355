/** What people download and what every start of OpenCode pays for. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { opencodeBinary } from "../tests/e2e/host.ts";
import { pack } from "../tests/e2e/pack.ts";
import { ROOT } from "./core.ts";
import { sizes, times } from "./samples.ts";
import { heading, printRows, printTable, type Row } from "./table.ts";

const ROUNDS = 15;

/** Prints, in milliseconds, what the start of the plugin takes, and what the first command adds to it. */
const LOADER = `
import { readFileSync } from "node:fs";
const empty = new URL("./empty.mjs", import.meta.url);
const dist = process.argv[2], pkg = process.argv[3];
let startedAt = performance.now();
const lap = () => { const now = performance.now(); const took = now - startedAt; startedAt = now; return took; };
await import(empty.href); const nothing = lap();
const { default: plugin } = await import(dist); const imported = lap();
const directory = process.cwd();
const hooks = await plugin.server({ client: {}, directory, worktree: directory }, {});
await hooks.config({}); const configured = lap();
const core = await import(pkg); lap();
core.initSync({ module: readFileSync(new URL("./core_bg.wasm", pkg)) }); const init = lap();
core.definitions({ options: null, files: [], own: {}, registered: null }); const definitions = lap();
console.log(JSON.stringify({ nothing, imported, configured, init, definitions }));
`;

type Times = Record<"nothing" | "imported" | "configured" | "init" | "definitions", number>;

export async function measurePackage(): Promise<void> {
  heading("Package: sizes");
  printSizes();
  heading("Package: start, a fresh process each");
  printRows([
    ...loads("Node", process.execPath, {}),
    ...loads("OpenCode's Bun", opencodeBinary(), { BUN_BE_BUN: "1" }),
  ]);
}

function printSizes(): void {
  const wasm = readFileSync(new URL("dist/core_bg.wasm", ROOT));
  const server = readFileSync(new URL("dist/server.js", ROOT));
  const packed = pack();
  const archive = statSync(packed.archive).size;
  packed.remove();
  const { write } = sizes();
  printTable(
    ["", "raw", "gzip -9", "brotli", ""],
    [
      ["core_bg.wasm", ...compressed(wasm), ""],
      ["server.js", ...compressed(server), ""],
      ["npm archive", "", write(archive), "", ""],
    ],
  );
}

function compressed(bytes: Buffer): string[] {
  const { write } = sizes();
  const all = [
    bytes.length,
    gzipSync(bytes, { level: 9 }).length,
    brotliCompressSync(bytes).length,
  ];
  return all.map(write);
}

function loads(name: string, command: string, environment: Record<string, string>): Row[] {
  const directory = mkdtempSync(join(tmpdir(), "mac-bench-"));
  writeFileSync(join(directory, "empty.mjs"), "export default 0;\n");
  writeFileSync(join(directory, "load.mjs"), LOADER);
  const args = ["dist/server.js", "js-shim/pkg/core.js"].map((path) => new URL(path, ROOT).href);
  const samples = Array.from({ length: ROUNDS }, () => {
    const env = { PATH: process.env.PATH ?? "", HOME: directory, ...environment };
    const { status, stdout, stderr } = spawnSync(command, [join(directory, "load.mjs"), ...args], {
      cwd: directory,
      encoding: "utf8",
      env,
    });
    if (status !== 0) throw new Error(`the plugin does not load in ${name}: ${stderr}`);
    return JSON.parse(stdout) as Times;
  });
  rmSync(directory, { recursive: true, force: true });
  const of = (key: keyof Times) => times(samples.map((sample) => sample[key]));
  const baseline = { name: "import of an empty module", ...of("nothing") };
  return [
    { what: `${name}: import of dist/server.js`, ...of("imported"), baseline },
    { what: `${name}: its agents and commands`, ...of("configured") },
    { what: `${name}: at a command, the core is read and compiled`, ...of("init") },
    { what: `${name}: its first answer`, ...of("definitions") },
  ];
}
