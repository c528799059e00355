// Builds the core once more with the feature `bench`, into target/bench/pkg. `npm run bench` calls it
// after the ordinary build; nothing of it is published.
import { join } from "node:path";
import { wrapCore } from "../js-shim/build/bindgen.mjs";
import { withLock } from "../js-shim/build/build-lock.mjs";
import { root, run } from "../js-shim/build/command.mjs";

const TARGET = "wasm32-unknown-unknown";
const WASM = `target/bench/${TARGET}/release/multi_agent_coder.wasm`;

await withLock(join(root, "target/build.lock"), async () => {
  const place = ["--target", TARGET, "--target-dir", "target/bench"];
  const what = ["build", "--locked", "--quiet", "--release", "--lib", "--features", "bench"];
  await run("core for measuring", "cargo", [...what, ...place]);
  await wrapCore(WASM, "target/bench/pkg");
});
