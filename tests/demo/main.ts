/** `npm run demo`: a feature request becomes merged code, with the real OpenCode and a model that
 * follows a script. Nothing leaves this machine, and nothing stays on it. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { pack } from "../e2e/pack.ts";
import { sweep } from "../e2e/scratch.ts";
import { World } from "../e2e/world.ts";
import { figuresTable } from "./figures.ts";
import { story } from "./story.ts";

const isColored = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const began = Date.now();
let isStopping = false;
sweep();
const packed = pack();
process.env.MAC_PACKAGE = packed.directory;
const world = await World.create({ script: story() });

async function cleanUp(): Promise<void> {
  await world.close();
  packed.remove();
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    isStopping = true;
    console.log("\nStopping.");
    void cleanUp().finally(() => process.exit(130));
  });
}

try {
  process.exitCode = await demonstrate();
} finally {
  await cleanUp();
}

async function demonstrate(): Promise<number> {
  const { repository } = world;
  console.log(
    "OpenCode, git and the tests are real; the agents' model is a script, so no key is needed.",
  );
  heading("A small library, and what somebody wishes for");
  shell("git log --oneline", repository.git("log", "--oneline"));
  shell("cat feature.md", repository.read("feature.md").trimEnd());

  heading("Three planners, one plan, a backlog");
  if (!(await command("plan", ["feature.md"]))) return 1;

  heading("Workers in their own worktrees, gates, reviews, merges");
  if (!(await command("implement"))) return 1;

  heading("What is in the person's branch now");
  shell("git log --graph --oneline", repository.graph());
  const options = { cwd: repository.directory, encoding: "utf8", stdio: "pipe" } as const;
  shell("npm test", lastLines(execFileSync("npm", ["test"], options), /^# (tests|pass|fail) /));

  heading("What it took");
  console.log(figuresTable(join(repository.directory, "tasks")));
  console.log(`\n${((Date.now() - began) / 1000).toFixed(1)} s in all.`);
  return 0;
}

/** Runs one of our commands as a person would, showing what they would see. */
async function command(name: string, args: string[] = []): Promise<boolean> {
  console.log(bold(`$ opencode run --command ${[name, ...args].join(" ")}`));
  const end = await world.run(name, args, { timeout_ms: 120_000, watch: byLine() });
  if (end.code !== 0 && !isStopping) console.log(`\nOpenCode ended with exit code ${end.code}.`);
  return end.code === 0;
}

/** Shows output line by line, without colours where there is no terminal. */
function byLine(): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) console.log(isColored ? line : stripVTControlCharacters(line));
  };
}

function heading(text: string): void {
  console.log(`\n${bold(`== ${text}`)}\n`);
}

function shell(line: string, output: string): void {
  console.log(`${bold(`$ ${line}`)}\n${output}\n`);
}

function lastLines(output: string, pattern: RegExp): string {
  return output
    .split("\n")
    .filter((line) => pattern.test(line))
    .join("\n");
}

function bold(text: string): string {
  return isColored ? `\u001b[1m${text}\u001b[22m` : text;
}
