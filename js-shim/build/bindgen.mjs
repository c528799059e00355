// The program that wraps a built core for JavaScript.
import { run } from "./command.mjs";

/** It runs for a moment: compiling it fast matters. */
const FAST = ["--config", 'profile.dev.package."*".opt-level=0', "--target-dir", "target/tool"];
const TOOL = ["--locked", "--quiet", "--package", "bindgen", ...FAST];

/** Compiles the program. */
export function buildTool() {
  return run("bindgen", "cargo", ["build", ...TOOL], { tries: 2 });
}

/** Wraps a core: `directory` gets the module with its JavaScript and its types. */
export function wrapCore(wasm, directory) {
  return run("wrapped core", "cargo", ["run", ...TOOL, "--", wasm, directory]);
}
