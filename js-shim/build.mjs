// Sets everything up and builds dist/: `node js-shim/build.mjs`. `npm test` and `npm run demo` call
// it first, so it uses nothing but Node: on a fresh clone there is no node_modules yet.
// `node js-shim/build.mjs generate` also rewrites the files that are generated from the Rust types.
//
// A step whose inputs did not change is skipped: with nothing to do it takes a second or two.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildTool, wrapCore } from "./build/bindgen.mjs";
import { withLock } from "./build/build-lock.mjs";
import { check, fail, npm, output, root, run } from "./build/command.mjs";

const TARGET = "wasm32-unknown-unknown";
const WASM = `target/wasm/${TARGET}/release/multi_agent_coder.wasm`;
/** What the build leaves in dist/, beside what esbuild writes there. */
const COPIES = { "js-shim/pkg/core_bg.wasm": "core_bg.wasm", "js-shim/server.d.ts": "server.d.ts" };

const startedAt = Date.now();
check();
mkdirSync(join(root, "target"), { recursive: true });
await withLock(join(root, "target/build.lock"), async () => {
  await Promise.all([packages(), core(), buildTool()]);
  await wrap();
  if (process.argv[2] === "generate") await generate();
  await bundle();
});
console.error(`build: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);

/** node_modules as the lock says. */
async function packages() {
  const inputs = [readFileSync(join(root, "package-lock.json")), process.version, process.arch];
  await once("node_modules/.build-stamp", inputs, async () => {
    await run("npm packages", ...npm("ci", "--no-audit", "--no-fund", "--loglevel=error"), {
      tries: 3,
    });
  });
}

/** The core for WebAssembly. Cargo knows by itself when there is nothing to do. */
async function core() {
  const sysroot = output("rustc", "--print", "sysroot");
  if (!existsSync(join(sysroot, "lib/rustlib", TARGET))) {
    await run(`Rust target ${TARGET}`, "rustup", ["target", "add", TARGET], { tries: 3 });
  }
  const place = ["--target", TARGET, "--target-dir", "target/wasm"];
  const what = ["build", "--locked", "--quiet", "--release", "--lib", ...place];
  await run("core", "cargo", what, { tries: 2 });
}

/** js-shim/pkg/: the core with its JavaScript and its types. */
async function wrap() {
  const inputs = [WASM, "js-shim/bindgen/src/main.rs", "Cargo.lock"].map((path) =>
    readFileSync(join(root, path)),
  );
  await once("js-shim/pkg/.build-stamp", inputs, async () => {
    rmSync(join(root, "js-shim/pkg"), { recursive: true, force: true });
    await wrapCore(WASM, "js-shim/pkg");
  });
}

/** Tests with these words in their names compare committed files; with UPDATE=1 they write them. */
async function generate() {
  const tests = ["test", "--locked", "--quiet", "--lib", "--", "generated", "committed"];
  await run("generated files", "cargo", tests, { environment: { UPDATE: "1" } });
}

/** dist/: what is published. Files that would not change are not touched: someone may be using them. */
async function bundle() {
  mkdirSync(join(root, "dist"), { recursive: true });
  for (const [from, to] of Object.entries(COPIES)) write(to, readFileSync(join(root, from)));
  const { build } = await import("esbuild");
  const definitions = JSON.stringify(await usualDefinitions());
  const { outputFiles } = await build({
    absWorkingDir: root,
    // Two files, because OpenCode loads the in-process model by its own address.
    entryPoints: ["js-shim/src/server.ts", "js-shim/src/provider.ts"],
    outdir: "dist",
    bundle: true,
    // OpenCode's own modules.
    external: ["bun:*"],
    define: {
      // See panic.ts: nothing of ours may print.
      "console.error": "logPanic",
      // See built.ts.
      IS_BUNDLED: "true",
      DEFINITIONS: JSON.stringify(definitions),
    },
    inject: ["js-shim/src/panic.ts"],
    format: "esm",
    platform: "node",
    target: "node20.12",
    legalComments: "inline",
    logLevel: "warning",
    write: false,
  }).catch(() => fail("esbuild could not bundle js-shim/src: see above."));
  for (const { path, contents } of outputFiles)
    write(path.slice(join(root, "dist").length + 1), contents);
}

/** What the core defines where the person changed nothing of it. */
async function usualDefinitions() {
  const core = await import(new URL("pkg/core.js", import.meta.url));
  core.initSync({ module: readFileSync(join(root, "js-shim/pkg/core_bg.wasm")) });
  return core.definitions({ options: null, files: [], own: {}, registered: null });
}

function write(name, contents) {
  const path = join(root, "dist", name);
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  writeFileSync(path, contents);
}

/** Runs `step` unless it ran to its end with the same inputs before. */
async function once(stamp, inputs, step) {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(input).update("\0");
  const wanted = hash.digest("hex");
  const path = join(root, stamp);
  if (existsSync(path) && readFileSync(path, "utf8") === wanted) return;
  await step();
  writeFileSync(path, wanted);
}
