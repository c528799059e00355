// `npm run mutants`: plants one fault after the other in a copy of the core and lets the simulator look
// for it. A fault that no invariant notices means that a checker is missing.
// `npm run mutants -- stale early` plants only faults whose names hold one of the words; `--check` plants
// none and says whether each still has its place in the code.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../js-shim/build/command.mjs";
import { MUTANTS } from "./mutants/table.mjs";

/** So many runs a fault may hide. */
const RUNS = 2_000;
/** So many runs tell that the copy works without a fault. */
const RUNS_SOUND = 100;
/** A fault that makes the core loop without end is noticed as well. */
const TIMEOUT_MS = 15 * 60 * 1000;
const COPY = join(root, "target", "mutants");
const COPIED = [
  "Cargo.toml",
  "Cargo.lock",
  "src",
  "prompts",
  "templates",
  "js-shim/bindgen",
  "tests/fixtures",
  "tests/scenario",
  "tests/sim",
  "tests/world",
];

const words = process.argv.slice(2);
const isCheck = words.includes("--check");
const chosen = MUTANTS.filter(
  ({ name }) => isCheck || words.length === 0 || words.some((word) => name.includes(word)),
);
const lost = chosen.filter((mutant) => mutate(root, mutant) === null);
for (const { name, file } of lost)
  console.log(`${name}: its place in ${file} is gone or not unique`);
if (isCheck || lost.length > 0) {
  console.log(`mutants: ${chosen.length - lost.length} passed; ${lost.length} failed`);
  process.exitCode = lost.length === 0 ? 0 : 1;
} else {
  process.exitCode = plantAll() ? 0 : 1;
}

/** The text of a file of a tree with the fault in it; `null` when its place is not there exactly once. */
function mutate(tree, { file, find, replace }) {
  const text = readFileSync(join(tree, file), "utf8");
  const parts = text.split(find);
  return parts.length === 2 ? parts.join(replace) : null;
}

function plantAll() {
  rmSync(join(COPY, "src"), { recursive: true, force: true });
  mkdirSync(COPY, { recursive: true });
  for (const path of COPIED) cpSync(join(root, path), join(COPY, path), { recursive: true });
  // Compiling takes longer than running.
  const manifest = join(COPY, "Cargo.toml");
  const text = readFileSync(manifest, "utf8");
  writeFileSync(manifest, `${text}\n[profile.sim.package.multi-agent-coder]\nopt-level = 0\n`);

  const sound = simulate(RUNS_SOUND);
  if (!sound.isSound) {
    console.log(`Without any fault the simulator finds: ${sound.found}`);
    return false;
  }
  let missed = 0;
  for (const mutant of chosen) {
    const place = join(COPY, mutant.file);
    const original = readFileSync(place, "utf8");
    writeFileSync(place, mutate(COPY, mutant));
    const { isSound, found, runs } = mutant.scenario ? play(mutant.scenario) : simulate(RUNS);
    writeFileSync(place, original);
    missed += isSound ? 1 : 0;
    const after = `${runs} runs`.padStart(10);
    console.log(`${mutant.name.padEnd(34)} ${after}  ${isSound ? "NOT NOTICED" : found}`);
  }
  console.log(`\nmutants: ${chosen.length - missed} passed; ${missed} failed`);
  return missed === 0;
}

/** Builds the copy and runs it until an invariant breaks. */
function simulate(most) {
  const { stdout, stderr, signal } = test(
    "--profile",
    "sim",
    "--test",
    "sim",
    "--",
    "--runs",
    most,
  );
  const runs = /^(\d+) runs in/m.exec(stdout)?.[1] ?? "0";
  const violation = /^VIOLATION .*?: (.*)$/m.exec(stdout)?.[1];
  if (violation !== undefined) return { isSound: false, found: violation.slice(0, 100), runs };
  if (signal !== null) return { isSound: false, found: "it never ends", runs };
  if (!/^sim result: /m.test(stdout)) {
    throw new Error(`the copy cannot be built:\n${stderr.slice(-4_000)}`);
  }
  return { isSound: true, found: "", runs };
}

/** Builds the copy and runs one scenario test of it. */
function play(scenario) {
  const { stdout, stderr } = test("--test", "scenario", "--", "--exact", scenario);
  const [, passed, failed] = /^test result: .* (\d+) passed; (\d+) failed/m.exec(stdout) ?? [];
  if (Number(passed) + Number(failed) !== 1) {
    throw new Error(
      `the copy cannot be built, or has no test ${scenario}:\n${stderr.slice(-4_000)}`,
    );
  }
  return { isSound: failed === "0", found: scenario, runs: 1 };
}

function test(...words) {
  return spawnSync("cargo", ["test", "--locked", "--quiet", ...words.map(String)], {
    cwd: COPY,
    // The same directory as always: what the core depends on is there already.
    env: { ...process.env, CARGO_TARGET_DIR: join(root, "target"), CARGO_INCREMENTAL: "1" },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: TIMEOUT_MS,
  });
}
