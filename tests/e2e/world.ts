/** One isolated world: a home, a repository, a scripted model, the packed plugin, the real OpenCode. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Finished,
  isolatedEnvironment,
  opencodeBinary,
  opencodeVersion,
  processesIn,
  processOf,
  type Running,
  start,
} from "./host.ts";
import { type Script, ScriptedModel } from "./model.ts";
import { type Published, pluginTypes, type Registry, serveRegistry } from "./registry.ts";
import { Repository } from "./repository.ts";
import { endQuietly, removeScratch, scratch } from "./scratch.ts";
import { type Message, type Server, serve } from "./serve.ts";

/** US dollars a million tokens, as the catalogue entries of the scripted models say. */
export const PRICES = { strong: { input: 3, output: 15 }, cheap: { input: 0.3, output: 1.2 } };

/** Prints the titles of the sessions that have a parent. */
const CHILDREN = `
  import { Database } from "bun:sqlite";
  const path = process.env.XDG_DATA_HOME + "/opencode/opencode.db";
  const all = new Database(path, { readwrite: true, create: false })
    .query("select title from session where parent_id is not null order by time_created")
    .all();
  console.log(JSON.stringify(all.map(({ title }) => title)));
`;

export interface WorldOptions {
  script?: Script;
  /** A directory of `tests/fixtures/repositories`. */
  fixture?: string;
  /** Options of the plugin. */
  options?: Record<string, unknown>;
  /** More OpenCode configuration, over what every world has. */
  config?: Record<string, unknown>;
  /** Whether `opencode.json` is committed or lies in the checkout unknown to git. Committed by default. */
  isConfigCommitted?: boolean;
  /** `false` leaves the plugin out of the configuration. */
  hasPlugin?: boolean;
  /** Packages that the world's registry knows. */
  published?: Published[];
  /** Where `run` gives commands, instead of starting a process for each. */
  within?: Host;
}

/** A server of OpenCode that several worlds share. */
export interface Host {
  running: Running;
  /** Removes a directory once the server has ended: until then it may be at work there. */
  remove(directory: string): void;
}

export interface RunOptions {
  timeout_ms?: number;
  /** The directory to run in; the repository by default. */
  directory?: string;
  env?: Record<string, string>;
  /** A command that starts OpenCode, whose own words follow. */
  through?: string[];
  watch?: (text: string) => void;
}

export class World {
  private readonly processes = new Set<Running>();
  /** Chats that were opened in the server of `WorldOptions.within`. */
  private readonly chats: string[] = [];
  private last: Finished | undefined;

  private constructor(
    readonly root: string,
    readonly model: ScriptedModel,
    readonly repository: Repository,
    readonly registry: Registry,
    private readonly packageDirectory: string,
    private readonly within: Host | undefined,
  ) {}

  static async create(options: WorldOptions = {}): Promise<World> {
    const packageDirectory = process.env.MAC_PACKAGE;
    if (packageDirectory === undefined)
      throw new Error("MAC_PACKAGE names no packed plugin: see tests/e2e/setup.ts");
    const root = scratch("world");
    for (const name of ["home", "tmp", "config", "data", "cache", "state"])
      mkdirSync(join(root, name));
    writeFileSync(
      join(root, "home/.gitconfig"),
      "[user]\n\tname = A Person\n\temail = person@example.org\n",
    );
    const model = await ScriptedModel.start(options.script ?? {});
    const directory = join(root, "project");
    const types = pluginTypes(join(root, "registry"), opencodeVersion());
    const registry = await serveRegistry([types, ...(options.published ?? [])]);
    const env = isolatedEnvironment(root, directory, registry.url);
    const repository = Repository.create(directory, options.fixture ?? "shortlinks", env);
    const { within } = options;
    const world = new World(root, model, repository, registry, packageDirectory, within);
    world.configure(options.options, options.config, options.hasPlugin);
    if (options.isConfigCommitted !== false)
      repository.commit("Use OpenCode with multi-agent-coder");
    return world;
  }

  /** Writes the project's `opencode.json`. */
  configure(
    options: Record<string, unknown> = {},
    config: Record<string, unknown> = {},
    hasPlugin = true,
  ): void {
    const plugin = [pathToFileURL(this.packageDirectory).href, options];
    const model = (cost: object) => ({
      tool_call: true,
      limit: { context: 128_000, output: 16_000 },
      cost,
    });
    const all = {
      $schema: "https://opencode.ai/config.json",
      model: "scripted/strong",
      small_model: "scripted/cheap",
      ...(hasPlugin ? { plugin: [plugin] } : {}),
      provider: {
        scripted: {
          npm: "@ai-sdk/openai-compatible",
          name: "Scripted",
          options: { baseURL: this.model.url, apiKey: "none" },
          models: { strong: model(PRICES.strong), cheap: model(PRICES.cheap) },
        },
      },
      ...config,
    };
    this.repository.write("opencode.json", `${JSON.stringify(all, null, 2)}\n`);
  }

  /** Starts OpenCode with any arguments. */
  opencode(args: string[], options: RunOptions = {}): Running {
    const cwd = options.directory ?? this.repository.directory;
    if (this.processes.size === 0) this.dropHostLocks();
    const [command = "", ...words] = [...(options.through ?? []), opencodeBinary(), ...args];
    const running = start(command, words, {
      cwd,
      env: { ...isolatedEnvironment(this.root, cwd, this.registry.url), ...options.env },
      timeout_ms: options.timeout_ms ?? 150_000,
      ...(options.watch === undefined ? {} : { watch: options.watch }),
    });
    this.processes.add(running);
    const ended = (end?: Finished) => {
      this.processes.delete(running);
      this.last = end ?? this.last;
    };
    running.finished.then(ended, () => ended());
    return running;
  }

  /** An OpenCode that ends early leaves the lock of its package installation behind, and the next one
   * waits a minute for it. Nobody can hold one while nobody runs. */
  private dropHostLocks(): void {
    rmSync(join(this.root, "state/opencode/locks"), { recursive: true, force: true });
  }

  /** `opencode run --command <command> <args>` to its end, or the same in a new chat of the shared server.
   * With options it is always a process of its own. */
  async run(command: string, args: string[] = [], options?: RunOptions): Promise<Finished> {
    if (this.within === undefined || options !== undefined)
      return this.start(command, args, options).finished;
    const began = Date.now();
    const server = await serve(this.within.running, this.repository.directory);
    const chat = await server.open();
    this.chats.push(chat);
    const { info } = await server.command(chat, command, args.map(quoted).join(" "));
    const answers = (await server.messages(chat)).filter(({ info }) => info.role === "assistant");
    const shown = answers.map(shownOf).join("\n");
    const { error } = info;
    const stderr = error === undefined ? "" : `Error: ${error.data?.message ?? error.name}`;
    const code = error === undefined ? 0 : 1;
    this.last = { code, stdout: shown, stderr, duration_ms: Date.now() - began };
    return this.last;
  }

  /** The same, under way. */
  start(command: string, args: string[] = [], options: RunOptions = {}): Running {
    // After `--` nothing is taken for an option of OpenCode's own.
    return this.opencode(["run", "--command", command, "--", ...args], options);
  }

  /** A server of OpenCode to talk to as its terminal interface does: one process, many commands. */
  async serve(): Promise<Server> {
    if (this.within !== undefined) {
      const server = await serve(this.within.running, this.repository.directory);
      return { ...server, stop: server.close };
    }
    return serve(
      this.opencode(["serve", "--port", "0"], { timeout_ms: 180_000 }),
      this.repository.directory,
    );
  }

  /** The titles of the sessions that belong to no person's chat. */
  async agents(): Promise<string[]> {
    if (this.within !== undefined) {
      const server = await serve(this.within.running, this.repository.directory);
      const children = await Promise.all(this.chats.map((chat) => server.children(chat)));
      return children.flat().map(({ title }) => title);
    }
    // Bun alone, of which OpenCode is made, starts in a fiftieth of the time that `opencode db` takes.
    const end = await this.opencode(["-e", CHILDREN], { env: { BUN_BE_BUN: "1" } }).finished;
    if (end.code !== 0) throw new Error(`the sessions cannot be read: ${end.stderr}`);
    return JSON.parse(end.stdout);
  }

  /** What went on, for a person who looks at a failed test. */
  report(): string {
    const end = this.last;
    return [
      `world: ${this.root} (KEEP=1 keeps it)`,
      `requests:\n${this.model.summary()}`,
      end === undefined ? "" : `last exit: ${end.code} after ${end.duration_ms} ms`,
      end === undefined
        ? ""
        : `stdout:\n${end.stdout.slice(-4000)}\nstderr:\n${end.stderr.slice(-4000)}`,
    ].join("\n");
  }

  /** Processes that still work somewhere in this world. An OpenCode that goes on looks at its repositories
   * by itself, whenever it likes: its own git is none of them. */
  leftovers(): string[] {
    const hosts = [...this.processes, ...(this.within ? [this.within.running] : [])];
    return this.atWork().flatMap((pid) => {
      const told = processOf(pid);
      if (told === undefined) return [];
      const isLook = told.words[0] === "git" && hosts.some((host) => host.pid === told.parent);
      return isLook ? [] : [`${pid}: ${told.words.join(" ")}`];
    });
  }

  private atWork(): number[] {
    return [this.root, ...this.repository.worktrees()].flatMap(processesIn);
  }

  /** Closes what the server has open here. */
  private async leave({ running }: Host): Promise<void> {
    for (const directory of [this.repository.directory, ...this.repository.worktrees()])
      await (await serve(running, directory)).close().catch(() => undefined);
  }

  /** Ends every process, stops the model and removes the directory. */
  async close(isKept = false): Promise<void> {
    for (const running of this.processes) running.kill();
    await Promise.allSettled([...this.processes].map((running) => running.finished));
    if (this.within !== undefined) await this.leave(this.within);
    for (const pid of this.atWork()) endQuietly(pid);
    await this.model.stop();
    this.registry.stop();
    if (isKept) return;
    if (this.within === undefined) removeScratch(this.root);
    else this.within.remove(this.root);
  }
}

/** An argument as `opencode run` hands it on. */
function quoted(word: string): string {
  return word.includes(" ") ? `"${word.replaceAll('"', '\\"')}"` : word;
}

/** All that a message shows, in one text. */
function shownOf({ parts }: Message): string {
  const texts = parts.map(({ text, state }) => [text, state?.title, state?.output, state?.error]);
  return texts.flat().filter(Boolean).join("\n");
}

/** Makes a world, runs the body in it and cleans up, also when the body throws. */
export async function inWorld(
  options: WorldOptions,
  body: (world: World) => Promise<void>,
): Promise<void> {
  const world = await World.create(options);
  let isFailed = true;
  try {
    await body(world);
    isFailed = false;
  } catch (error) {
    console.error(world.report());
    throw error;
  } finally {
    await world.close(isFailed && process.env.KEEP === "1");
  }
}
