/** A real git repository made from a fixture, and questions about its state. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FIXTURES = fileURLToPath(new URL("../fixtures/repositories/", import.meta.url));

export class Repository {
  constructor(
    readonly directory: string,
    private readonly env: Record<string, string>,
  ) {}

  /** Copies a fixture and commits it on `main`. */
  static create(directory: string, fixture: string, env: Record<string, string>): Repository {
    mkdirSync(directory, { recursive: true });
    cpSync(join(FIXTURES, fixture), directory, { recursive: true });
    const repository = new Repository(directory, env);
    repository.git("init", "-q", "-b", "main");
    repository.commit("The project as it is");
    return repository;
  }

  /** Runs git here and gives back what it printed, without the last line end; throws when git fails. */
  git(...args: string[]): string {
    return this.raw(...args).trimEnd();
  }

  private raw(...args: string[]): string {
    return execFileSync("git", args, {
      cwd: this.directory,
      // Looking must not refresh the index, which `fingerprint` compares byte for byte.
      env: { ...this.env, GIT_OPTIONAL_LOCKS: "0" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 64 << 20,
    });
  }

  /** Commits everything that is not ignored. */
  commit(message: string): string {
    this.git("add", "-A");
    this.git("commit", "-q", "--allow-empty", "-m", message);
    return this.head();
  }

  head(): string {
    return this.git("rev-parse", "HEAD");
  }

  graph(reference = "HEAD"): string {
    return this.git("log", "--graph", "--oneline", "--no-decorate", reference);
  }

  /** Commit subjects, newest first. */
  subjects(reference = "HEAD"): string[] {
    return lines(this.git("log", "--format=%s", reference));
  }

  /** The merge commits of a branch: their subject and their whole message. */
  merges(reference: string): string[] {
    return lines(this.git("log", "--merges", "--format=%H", reference)).map((id) =>
      this.git("log", "-1", "--format=%B", id),
    );
  }

  /** The directories of its linked worktrees that are there. */
  worktrees(): string[] {
    const listed = lines(this.git("worktree", "list", "--porcelain"));
    return listed
      .filter((line) => line.startsWith("worktree "))
      .map((line) => line.slice("worktree ".length))
      .filter((directory) => directory !== this.directory && existsSync(directory));
  }

  /** Full ref names and where they point. */
  refs(prefix = "refs/"): Map<string, string> {
    const text = this.git("for-each-ref", "--format=%(refname) %(objectname)", prefix);
    return new Map(lines(text).map((line) => line.split(" ") as [string, string]));
  }

  status(): string {
    return this.git("status", "--porcelain=v1", "--untracked-files=all");
  }

  /** A file as a commit has it; `undefined` when it has none. */
  show(path: string, reference = "HEAD"): string | undefined {
    try {
      return this.raw("show", `${reference}:${path}`);
    } catch {
      return undefined;
    }
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), "utf8");
  }

  has(path: string): boolean {
    return existsSync(join(this.directory, path));
  }

  write(path: string, text: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** HEAD, the branch, the index and every file of the checkout outside `.git` and the given
   * directories, as one hash a path. Two equal maps mean that a person would see no difference. */
  fingerprint(ignored: string[] = []): Map<string, string> {
    const seen = new Map(this.files("", ignored).map((path) => [path, this.content(path)]));
    const head = this.read(".git/HEAD");
    seen.set("HEAD", head);
    // Without commits there is none, and with a detached HEAD the line above has it.
    seen.set("commit", this.refs().get(head.trim().replace("ref: ", "")) ?? "");
    seen.set("index", sha256(readFileSync(join(this.directory, ".git/index"))));
    return seen;
  }

  private files(relative: string, ignored: string[]): string[] {
    return readdirSync(join(this.directory, relative), { withFileTypes: true }).flatMap((entry) => {
      const path = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (path === ".git" || ignored.includes(path)) return [];
      return entry.isDirectory() ? this.files(path, ignored) : [path];
    });
  }

  private content(path: string): string {
    const file = join(this.directory, path);
    const stat = lstatSync(file);
    const what = stat.isSymbolicLink() ? readlinkSync(file) : readFileSync(file);
    return `${stat.mode.toString(8)} ${sha256(what)}`;
  }
}

function lines(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
