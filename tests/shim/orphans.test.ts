import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { MARK_VARIABLE, shellMark } from "../../js-shim/src/child-mark.ts";
import { performProcess } from "../../js-shim/src/effects/process.ts";
import { endOrphans } from "../../js-shim/src/orphans.ts";
import { childNotes, type RepositoryPlace } from "../../js-shim/src/paths.ts";
import { never, setVariable, temporaryDirectory } from "./world.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

function placeIn(root: string): RepositoryPlace {
  return { root, person_directory: root, state: join(root, "state"), common: null };
}

/** A sleep of its own: other runs of these tests may be going on. */
function sleepOf(seconds: number): string {
  return `sleep ${seconds}.${process.pid}`;
}

/** A process of its own that runs a command, and that can be killed. */
function conductor(place: RepositoryPlace, command: string): ChildProcess {
  const main = join(place.root, "main.ts");
  const operation = {
    type: "run",
    directory: place.root,
    command,
    timeout_ms: 60_000,
    tail_bytes: 100,
  };
  writeFileSync(
    main,
    `import { performProcess } from ${JSON.stringify(join(ROOT, "js-shim/src/effects/process.ts"))};
     await performProcess(${JSON.stringify(place)}, ${JSON.stringify(operation)}, new AbortController().signal);`,
  );
  const words = ["--import", join(ROOT, "tests/typescript.mjs"), main];
  return spawn(process.execPath, words, { stdio: "inherit" });
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function isRunning(text: string): boolean {
  const all = execFileSync("ps", ["-eo", "stat=,args="], { encoding: "utf8" }).split("\n");
  return all.some((line) => line.endsWith(text) && !line.startsWith("Z"));
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (condition()) return;
    await sleep(20);
  }
  throw new Error("it never happened");
}

describe.skipIf(process.platform === "win32")("children that outlive us", () => {
  test.each([
    ["with their shell", `${sleepOf(74)}; true`, sleepOf(74), true],
    // The shell goes after whoever started it.
    [
      "without it",
      `(${sleepOf(75)} &); until [ -e gone ]; do sleep 0.1; done; kill -9 $$`,
      sleepOf(75),
      false,
    ],
  ])("are ended at the next start, %s", async (_, command, text, isShellThere) => {
    const place = placeIn(temporaryDirectory());
    const running = conductor(place, command);
    await until(() => isRunning(text) && existsSync(childNotes(place)));
    await kill(running);
    writeFileSync(join(place.root, "gone"), "");
    await until(() => isRunning(command) === isShellThere);
    expect(isRunning(text)).toBe(true);
    expect(await endOrphans(childNotes(place))).toBeGreaterThan(0);
    expect(await endOrphans(childNotes(place))).toBe(0);
    expect(isRunning(text)).toBe(false);
    expect(readdirSync(childNotes(place))).toEqual([]);
  });

  test("leave no note when they end in our lifetime", async () => {
    const place = placeIn(temporaryDirectory());
    const operation = {
      type: "run",
      directory: place.root,
      command:
        "until [ -e state/children/$$ ]; do sleep 0.01; done; ls state/children | wc -l | tr -d ' '",
      timeout_ms: 9_000,
      tail_bytes: 100,
    } as const;
    expect(await performProcess(place, operation, never)).toMatchObject({ tail: "1\n" });
    expect(readdirSync(childNotes(place))).toEqual([]);
    expect(await endOrphans(join(place.root, "nowhere"))).toBe(0);
  });

  test("are not confused with others that got the same id", async () => {
    const notes = join(temporaryDirectory(), "children");
    mkdirSync(notes);
    const other = spawn("sleep", [sleepOf(76).slice("sleep ".length)], {
      detached: true,
      stdio: "ignore",
    });
    onTestFinished(() => {
      other.kill("SIGKILL");
    });
    writeFileSync(join(notes, String(other.pid)), String(Date.now() - 60_000));
    writeFileSync(join(notes, "odd"), "");
    await endOrphans(notes);
    expect(isRunning(sleepOf(76))).toBe(true);
    expect(readdirSync(notes)).toEqual([]);
  });

  test("stop nobody on a machine that cannot list processes, and stay noted", async () => {
    const notes = join(temporaryDirectory(), "children");
    mkdirSync(notes);
    writeFileSync(join(notes, String(process.pid)), String(Date.now()));
    setVariable("PATH", notes);
    await endOrphans(notes);
    expect(readdirSync(notes)).toEqual([String(process.pid)]);
  });

  test("a note that cannot be removed is no failure of the child", async () => {
    const place = placeIn(temporaryDirectory());
    const operation = {
      type: "run",
      directory: place.root,
      command:
        "until [ -e state/children/$$ ]; do sleep 0.01; done; rm -r state/children && touch state/children",
      timeout_ms: 9_000,
      tail_bytes: 100,
    } as const;
    expect(await performProcess(place, operation, never)).toMatchObject({ code: 0 });
  });
});

describe.skipIf(process.platform !== "linux")("children that left their group", () => {
  /** A process of its own group with a mark in its environment. */
  function marked(seconds: number, mark: string): string {
    const text = sleepOf(seconds);
    const child = spawn("sleep", [text.slice("sleep ".length)], {
      detached: true,
      stdio: "ignore",
      env: { ...process.env, [MARK_VARIABLE]: mark },
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    return text;
  }

  test("are ended at the next start, with what they started", async () => {
    const place = placeIn(temporaryDirectory());
    const text = sleepOf(83);
    const running = conductor(place, `setsid sh -c '${text}; true' & sleep 60`);
    await until(() => isRunning(text));
    await kill(running);
    expect(await endOrphans(childNotes(place))).toBeGreaterThanOrEqual(3);
    expect(isRunning(text)).toBe(false);
  });

  test("and the shells of agents, but nobody of another repository", async () => {
    const notes = childNotes(placeIn(temporaryDirectory()));
    const others = childNotes(placeIn(temporaryDirectory()));
    const shell = marked(84, shellMark(notes));
    const other = marked(85, shellMark(others));
    const old = marked(86, "1");
    await until(() => isRunning(shell) && isRunning(other) && isRunning(old));
    expect(await endOrphans(notes)).toBe(1);
    expect([shell, other, old].map(isRunning)).toEqual([false, true, true]);
  });

  test("never us, nor who started us, nor what we started", async () => {
    const notes = childNotes(placeIn(temporaryDirectory()));
    const text = sleepOf(87);
    const script = `
      import { spawn } from "node:child_process";
      import { endOrphans } from ${JSON.stringify(join(ROOT, "js-shim/src/orphans.ts"))};
      const child = spawn("sleep", [${JSON.stringify(text.slice("sleep ".length))}], { detached: true });
      console.log(await endOrphans(${JSON.stringify(notes)}), child.exitCode, child.signalCode);
      child.kill("SIGKILL");`;
    const file = join(temporaryDirectory(), "main.ts");
    writeFileSync(file, script);
    const node = `${process.execPath} --import ${join(ROOT, "tests/typescript.mjs")} ${file}`;
    const output = execFileSync("sh", ["-c", `${node}; echo and on`], {
      encoding: "utf8",
      env: { ...process.env, [MARK_VARIABLE]: shellMark(notes) },
    });
    expect(output).toBe("0 null null\nand on\n");
  });
});
