// `npm test`: all checks and all tests, up to the first that fails. Two lanes of stages go side by side,
// because most of them keep one core busy. What a stage prints comes in one piece when it is over, unless
// its lane is the only one.
// `npm test -- vitest` runs only the stages whose names hold one of the words.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../js-shim/build/command.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);
const DENY = ["--", "--deny", "warnings"];
const SIM = ["test", "--locked", "--quiet", "--profile", "sim", "--test", "sim", "--"];
const WASM = ["--target", "wasm32-unknown-unknown", "--target-dir", "target/wasm"];

/** Name, command and arguments; `count` reads what a stage's tests came to. */
const RUST = [
  { name: "rustfmt", run: ["cargo", "fmt", "--all", "--check"] },
  {
    name: "clippy",
    run: [
      "cargo",
      "clippy",
      "--locked",
      "--quiet",
      "--workspace",
      "--all-targets",
      "--test",
      "sim",
      ...DENY,
    ],
  },
  {
    name: "clippy wasm",
    run: [
      "cargo",
      "clippy",
      "--locked",
      "--quiet",
      "--lib",
      "--features",
      "bench",
      ...WASM,
      ...DENY,
    ],
  },
  {
    name: "cargo test",
    run: ["cargo", "test", "--locked", "--quiet"],
    count: countRust,
  },
  {
    name: "sim",
    run: ["cargo", ...SIM, "--runs", "10000"],
    count: countSim,
  },
  { name: "mutants apply", run: ["node", "tests/sim/mutants.mjs", "--check"], count: countSim },
];
const NODE = [
  { name: "biome", run: [bin("biome"), "check", "--error-on-warnings", "."] },
  { name: "tsc shim", run: [bin("tsc"), "--project", "js-shim"] },
  { name: "tsc tests", run: [bin("tsc"), "--project", "tests"] },
  vitest("shim"),
  vitest("packaging"),
  vitest("e2e"),
];

/** A stage that runs the tests under tests/<project>. */
function vitest(project) {
  const report = join(root, "target", `vitest-${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return {
    name: `vitest ${project}`,
    run: [bin("vitest"), "run", "--project", project, ...reporters],
    before: () => rmSync(report, { force: true }),
    count: () => countVitest(report),
  };
}

const words = process.argv.slice(2);
const total = { passed: 0, failed: 0 };
const seconds = [];
mkdirSync(join(root, "target"), { recursive: true });
const lanes = [RUST, NODE].map(chosen).filter((stages) => stages.length > 0);
await Promise.all(lanes.map((stages) => follow(stages, lanes.length === 1)));
console.log(`\n${seconds.join("\n")}\n\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function chosen(stages) {
  return stages.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
}

/** Runs one stage after the other, as long as nothing has failed in any lane. */
async function follow(stages, isAlone) {
  for (const stage of stages) {
    if (total.failed > 0) return;
    if (isAlone) console.log(`\n== ${stage.name}`);
    stage.before?.();
    const startedAt = Date.now();
    const { isOk, output, shown } = await execute(stage.run, isAlone);
    const took = `${stage.name} ${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
    if (!isAlone) console.log(`\n== ${took}\n${shown.trimEnd()}`);
    seconds.push(took);
    const { passed, failed } = stage.count?.(output) ?? { passed: 0, failed: 0 };
    total.passed += passed;
    // A stage can fail without a failing test: a lint, a type, a test that does not compile.
    total.failed += isOk ? failed : Math.max(failed, 1);
    if (isOk) continue;
    console.log(`\n== FAILED: ${stage.name}. To see it again: npm test -- "${stage.name}"`);
  }
}

/** Runs a command and keeps what it wrote, on stdout and on both; `isShown` shows it as it comes. */
function execute([command, ...args], isShown) {
  const color = process.stdout.isTTY ? { CARGO_TERM_COLOR: "always", FORCE_COLOR: "1" } : {};
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...color },
    shell: process.platform === "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let shown = "";
  const hear = (stream, isOutput) =>
    stream.setEncoding("utf8").on("data", (text) => {
      if (isOutput) output += text;
      shown += text;
      if (isShown) process.stdout.write(text);
    });
  hear(child.stdout, true);
  hear(child.stderr, false);
  return new Promise((resolve) => {
    child.once("error", (error) => {
      const reason = `${command}: ${error.message}\n`;
      if (isShown) process.stdout.write(reason);
      resolve({ isOk: false, output, shown: shown + reason });
    });
    child.once("close", (code) => resolve({ isOk: code === 0, output, shown }));
  });
}

/** Sums the result lines that cargo's test programs end with, one a program. */
function countRust(output) {
  const sum = { passed: 0, failed: 0 };
  for (const [, passed, failed] of output.matchAll(
    /^test result: .*?(\d+) passed; (\d+) failed/gm,
  )) {
    sum.passed += Number(passed);
    sum.failed += Number(failed);
  }
  return sum;
}

/** The simulator's runs, or the faults planted for it. */
function countSim(output) {
  const [, passed = 0, failed = 0] =
    /^(?:sim result|mutants): (\d+) passed; (\d+) failed/m.exec(output) ?? [];
  return { passed: Number(passed), failed: Number(failed) };
}

function countVitest(report) {
  const { numPassedTests, numFailedTests, numFailedTestSuites } = readReport(report);
  // A file that cannot be loaded has no tests to fail.
  const failed =
    numFailedTests === 0 && numFailedTestSuites > 0 ? numFailedTestSuites : numFailedTests;
  return { passed: numPassedTests, failed };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // Vitest stopped before it wrote one; its exit code makes the stage fail.
    return { numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 0 };
  }
}
