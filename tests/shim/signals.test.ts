/** Interrupts: what is put away before the process ends, and that nothing of ours outlives it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "./fake-host.ts";
import { temporaryDirectory } from "./world.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A process with a child that sleeps, and a cleanup. Its first line is the child's id. */
async function start(cleanup: string): Promise<{ parent: ChildProcess; child: number }> {
  const directory = temporaryDirectory();
  const main = join(directory, "main.ts");
  const source = (name: string) => JSON.stringify(join(ROOT, "js-shim/src", name));
  writeFileSync(
    main,
    `import { onInterrupt } from ${source("host/v1-signals.ts")};
     import { runChild } from ${source("child.ts")};
     onInterrupt(async () => { ${cleanup} });
     void runChild({
       command: "/bin/sh",
       arguments: ["-c", 'trap "" TERM; echo $$; while :; do sleep 1; done'],
       directory: ${JSON.stringify(directory)},
       environment: process.env,
       timeout_ms: 60_000,
       signal: new AbortController().signal,
       onStdout: (chunk) => console.log(String(chunk).trim()),
       onStderr: () => undefined,
     });`,
  );
  const words = ["--import", join(ROOT, "tests/typescript.mjs"), main];
  const parent = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [line] = parent.stdout ? await once(parent.stdout, "data") : [""];
  return { parent, child: Number(line) };
}

function isGone(group: number): boolean {
  try {
    process.kill(-group, 0);
    return false;
  } catch {
    return true;
  }
}

describe.skipIf(process.platform === "win32")("an interrupt", () => {
  test("lets the process put things away, and then ends what still runs", async () => {
    const { parent, child } = await start('console.log("put away");');
    const ended = once(parent, "exit");
    parent.kill("SIGINT");
    const [text] = parent.stdout ? await once(parent.stdout, "data") : [""];
    expect(String(text)).toContain("put away");
    const [code] = await ended;
    expect(code).toBe(130);
    await until(() => isGone(child));
  });

  test("that comes a second time is obeyed at once, and still leaves nothing running", async () => {
    const { parent, child } = await start(
      'console.log("never ends"); await new Promise(() => undefined);',
    );
    parent.kill("SIGTERM");
    if (parent.stdout) await once(parent.stdout, "data");
    parent.kill("SIGINT");
    const [code] = await once(parent, "exit");
    expect(code).toBe(130);
    await until(() => isGone(child));
  });
});
