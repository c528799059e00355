/** The real OpenCode binary: where it is, the environment it gets, and its processes. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a finished process left. */
export interface Finished {
  /** The exit code; 128 and the signal's number when a signal ended it, -1 when it took too long. */
  code: number;
  stdout: string;
  stderr: string;
  duration_ms: number;
}

/** A process that is under way, in a process group of its own. */
export interface Running {
  pid: number;
  finished: Promise<Finished>;
  /** Resolves when its output (both streams) matches; rejects when it ends before. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Signals the process itself, as Ctrl-C in a terminal or `kill` would. */
  signal(name: NodeJS.Signals): void;
  /** Ends the whole process group at once. */
  kill(): void;
}

export interface SpawnOptions {
  cwd: string;
  env: Record<string, string>;
  timeout_ms: number;
  /** Called with every piece of output as it comes. */
  watch?: (text: string) => void;
}

const INSTALLED = createRequire(import.meta.url).resolve("opencode-ai/package.json");

/** An empty catalogue of models. */
const MODELS = fileURLToPath(new URL("../fixtures/models.json", import.meta.url));

/** The version of the installed OpenCode. */
export function opencodeVersion(): string {
  return JSON.parse(readFileSync(INSTALLED, "utf8")).version;
}

/** The binary of the installed OpenCode. Its platform package is used directly: the wrapper script
 * would put one more process between a signal and the host. */
export function opencodeBinary(): string {
  const modules = dirname(dirname(INSTALLED));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = platform === "windows" ? "opencode.exe" : "opencode";
  for (const variant of ["", "-baseline", "-musl"]) {
    const path = join(modules, `opencode-${platform}-${process.arch}${variant}`, "bin", name);
    if (existsSync(path)) return path;
  }
  throw new Error(`no OpenCode binary for ${platform}-${process.arch} in ${modules}: run npm ci`);
}

/** An environment that knows nothing of the person who runs the tests, and reaches no network: what
 * OpenCode and npm want of a package registry they ask at `registry`, on this machine. */
export function isolatedEnvironment(
  root: string,
  directory: string,
  registry: string,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    LANG: "C.UTF-8",
    HOME: join(root, "home"),
    TMPDIR: join(root, "tmp"),
    XDG_CONFIG_HOME: join(root, "config"),
    XDG_DATA_HOME: join(root, "data"),
    XDG_CACHE_HOME: join(root, "cache"),
    XDG_STATE_HOME: join(root, "state"),
    // `opencode run` takes its directory from here, not from the working directory it is given.
    PWD: directory,
    GIT_CONFIG_NOSYSTEM: "1",
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    // No model but those that a test configures: to read the built-in catalogue costs each process a
    // second, and each directory it opens some more.
    OPENCODE_MODELS_PATH: MODELS,
    npm_config_registry: registry,
    npm_config_update_notifier: "false",
  };
}

/** Starts a process in its own group, without standard input. */
export function start(command: string, args: string[], options: SpawnOptions): Running {
  const began = Date.now();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const pid = child.pid ?? 0;
  let stdout = "";
  let stderr = "";
  let isLate = false;
  const listeners = new Set<() => void>();
  const heard = (text: string) => {
    options.watch?.(text);
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    heard(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    heard(text);
  });
  const kill = () => killGroup(pid);
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, options.timeout_ms);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const exit = isLate
        ? -1
        : (code ?? 128 + (signal === "SIGINT" ? 2 : signal === "SIGTERM" ? 15 : 9));
      resolve({ code: exit, stdout, stderr, duration_ms: Date.now() - began });
    });
  });
  finished.catch(() => undefined);
  return {
    pid,
    finished,
    kill,
    signal: (name) => child.kill(name),
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = (stdout + stderr).match(pattern);
          if (match === null) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        finished.then(
          (end) =>
            reject(
              new Error(
                `ended (${end.code}) without printing ${pattern}:\n${end.stdout}${end.stderr}`,
              ),
            ),
          reject,
        );
        look();
      }),
  };
}

/** What `look` finds, as soon as it finds something; rejects when the process that it is waited for ends. */
export async function awaited<T>(running: Running, look: () => T | undefined): Promise<T> {
  let end: Finished | undefined;
  void running.finished.then((finished) => {
    end = finished;
  });
  for (;;) {
    const isOver = end !== undefined;
    const found = look();
    if (found !== undefined) return found;
    if (isOver) throw new Error(`ended (${end?.code}):\n${end?.stdout}${end?.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function killGroup(pid: number): void {
  try {
    if (pid > 0) process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** A process as the system tells of it. */
export interface Told {
  parent: number;
  /** Its program and arguments. */
  words: string[];
}

/** What is told of a process; `undefined` when it has ended. */
export function processOf(pid: number): Told | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // "pid (name) state parent …"; the name may hold spaces and parentheses.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    return words.length === 0 ? undefined : { parent, words };
  } catch {
    return undefined;
  }
}

/** Processes whose working directory lies in `root`: what an agent or a gate left behind. Linux only,
 * elsewhere none are found. */
export function processesIn(root: string): number[] {
  if (!existsSync("/proc/self/cwd")) return [];
  const isInside = (pid: string) => {
    try {
      const directory = readlinkSync(`/proc/${pid}/cwd`);
      return directory === root || directory.startsWith(`${root}/`);
    } catch {
      return false; // It ended while we looked, or belongs to somebody else.
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isInside(name))
    .map(Number);
}
