/** `npm run bench`: what things cost here, against named baselines of the same run. Nothing is asserted.
 * `npm run bench -- scheduler engine hygiene compress opencode package` runs the named parts only;
 * `--dags <file>` adds makespans on the task graphs of a file. */
import { parseArgs } from "node:util";
import { measureCompression } from "./compress.ts";
import { measureEngine } from "./engine.ts";
import { measureHygiene } from "./hygiene.ts";
import { describeMachine } from "./machine.ts";
import { measureOpencode } from "./opencode.ts";
import { measurePackage } from "./package.ts";
import { measureScheduler } from "./scheduler.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { dags: { type: "string" } },
});
const parts: Record<string, () => Promise<void>> = {
  scheduler: () => measureScheduler(values.dags),
  engine: measureEngine,
  hygiene: measureHygiene,
  compress: measureCompression,
  opencode: measureOpencode,
  package: measurePackage,
};
const unknown = positionals.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(
    `bench: no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}.`,
  );
  process.exit(1);
}

const startedAt = performance.now();
console.log(describeMachine());
for (const [name, measure] of Object.entries(parts)) {
  if (positionals.length === 0 || positionals.includes(name)) await measure();
}
console.log(`\n${((performance.now() - startedAt) / 1000).toFixed(1)} s in all.`);
