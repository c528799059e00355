// Commands of the build: run with retries, with the time they took, with errors a person can use.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The repository's directory. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Steps that take less are not worth a line. */
const WORTH_A_LINE_MS = 1500;
/** npm and rustup are command files on Windows, which only a shell can start. */
const shell = process.platform === "win32";

// rustup puts itself on the PATH of new shells only.
process.env.PATH += delimiter + join(homedir(), ".cargo", "bin");
process.env.CARGO_NET_RETRY ??= "10";

/** Ends the build with a message. */
export function fail(message) {
  console.error(`build: ${message}`);
  process.exit(1);
}

/** Ends the build when something it needs is not on this machine. */
export function check() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 12)) {
    fail(`this is Node ${process.versions.node}, and 20.12 or newer is needed.`);
  }
  if (output("git", "--version") === "")
    fail("git is missing. Install it from https://git-scm.com and try again.");
  if (output("cargo", "--version") === "" || output("rustc", "--version") === "") {
    fail("Rust is missing. Install it from https://rustup.rs and try again.");
  }
}

/** What a command prints, without the line end; empty when it fails. */
export function output(command, ...args) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

/** npm's command and arguments: the npm that started us, if one did. */
export function npm(...args) {
  const cli = process.env.npm_execpath ?? "";
  return cli.endsWith("npm-cli.js") && existsSync(cli)
    ? [process.execPath, [cli, ...args]]
    : ["npm", args];
}

/** Runs a command to its end, again when it fails and `tries` allows, else the build ends. */
export async function run(label, command, args, { tries = 1, environment = {} } = {}) {
  const startedAt = Date.now();
  for (let attempt = 1; ; attempt++) {
    const code = await exitCode(command, args, environment);
    if (code === 0) break;
    if (attempt >= tries)
      fail(`${label}: "${command} ${args.join(" ")}" failed (exit code ${code}).`);
    console.error(`build: ${label}: failed, trying again`);
    await sleep(2000 * attempt);
  }
  const took = Date.now() - startedAt;
  if (took >= WORTH_A_LINE_MS) console.error(`build: ${label}, ${(took / 1000).toFixed(1)} s`);
}

function exitCode(command, args, environment) {
  // Whatever it says goes to our stderr: stdout belongs to what runs after the build.
  const stdio = ["ignore", process.stderr, process.stderr];
  const env = { ...process.env, ...environment };
  const child = spawn(command, args, { cwd: root, env, shell, stdio });
  // Nothing goes on when the build was stopped, or when another of its steps failed.
  const stop = () => child.kill();
  process.once("exit", stop);
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.code));
    child.once("exit", (code, signal) => resolve(code ?? signal));
  }).finally(() => process.removeListener("exit", stop));
}
