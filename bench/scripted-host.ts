/** A host in memory that answers every effect at once, as a run of `/implement` without surprises would
 * see it, but for a test that is red now and then. */
import { createHash } from "node:crypto";
import type { Core, CoreHost } from "../js-shim/pkg/core.js";
import type {
  Effect,
  Event,
  FileOutcome,
  GitOutcome,
  Outcome,
  ProcessOutcome,
  SessionOutcome,
  Usage,
} from "../js-shim/src/protocol.ts";
import { APPROVED } from "../tests/e2e/links.ts";
import { asSent } from "../tests/shim/fake-host.ts";

/** One write of the journal. */
export interface Write {
  at_ms: number;
  lines: string;
}

export const CHAT = "ses_person";
/** The gate that is red now and then. */
export const TEST = "npm test";
/** Model turns of a worker before its last one. */
const TURNS = 4;
/** The tests of one first attempt in so many are red. */
const RED_EVERY = 12;
const USAGE: Usage = {
  input_tokens: 9_000,
  output_tokens: 700,
  cached_tokens: 20_000,
  cost_usd: 0.0123,
  steps: TURNS + 1,
};
const MANIFEST = JSON.stringify(
  { name: "project", scripts: { test: "node --test", lint: "eslint ." } },
  null,
  2,
);
const FILES = Array.from({ length: 300 }, (_, nth) => ({
  path: nth === 0 ? "package.json" : `src/area${nth % 20}/module${nth}.js`,
  bytes: 1_000 + nth,
}));
/** A change of three files, about 4 KB. */
const DIFF = [1, 2, 3]
  .map((nth) => {
    const path = `src/area${nth}/module${nth}.js`;
    const line = "+  const found = this.#links.get(slug) ?? this.#fallback(slug);\n";
    return `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,3 +1,23 @@\n${line.repeat(20)}`;
  })
  .join("");
const GREEN = `${"  ✔ a link is found again (0.8 ms)\n".repeat(40)}ℹ tests 40\nℹ pass 40\nℹ fail 0\n`;
const RED =
  "✖ a link is found again (1.2 ms)\n  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:\n" +
  "      at TestContext.<anonymous> (/pool/1/test/links.test.js:12:10)\nℹ tests 40\nℹ pass 39\nℹ fail 1\n";

export class ScriptedHost implements CoreHost {
  readonly writes: Write[] = [];
  /** Effects asked for. */
  effects = 0;
  /** The command's end: an error, or `null`. */
  readonly ended: Promise<string | null>;
  private core: Core | undefined;
  private end: (error: string | null) => void = () => undefined;
  private counter = 0;
  private firstAttempts = 0;
  /** Worktrees whose tests are red. */
  private readonly red = new Set<string>();
  private clock_ms = 1_800_000_000_000;

  constructor(private readonly backlog: string) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** Connects the core that this host is for. */
  serve(core: Core): void {
    this.core = core;
  }

  now(): number {
    this.clock_ms += 3;
    return this.clock_ms;
  }

  persist(lines: string): Promise<void> {
    this.writes.push({ at_ms: performance.now(), lines });
    return Promise.resolve();
  }

  perform(effect: Effect): Promise<Outcome> {
    this.effects += 1;
    return Promise.resolve(this.answer(effect));
  }

  cancel(): void {}

  show(operation: { type: string; error?: string | null }): void {
    if (operation.type === "end") this.end(operation.error ?? null);
  }

  halted(reason: string): void {
    this.end(reason);
  }

  private answer(effect: Effect): Outcome {
    switch (effect.kind) {
      case "session":
        return { kind: "session", outcome: this.session(effect) };
      case "git":
        return { kind: "git", outcome: this.git(effect) };
      case "file":
        return { kind: "file", outcome: this.file(effect) };
      case "process":
        return { kind: "process", outcome: this.process(effect) };
      case "catalogue":
        return {
          kind: "catalogue",
          outcome: {
            type: "found",
            models: effect.operation.models.map((model) => ({
              type: "known",
              model,
              input_usd: 3,
              output_usd: 15,
              context_tokens: 200_000,
            })),
          },
        };
      case "machine":
        return { kind: "machine", outcome: { type: "unknown" } };
      default:
        return { kind: "timer", outcome: { type: "elapsed" } };
    }
  }

  private session({ operation }: Extract<Effect, { kind: "session" }>): SessionOutcome {
    switch (operation.type) {
      case "create":
        return { type: "created", session: this.id("ses_") };
      case "remove":
        return { type: "removed" };
      case "ask": {
        const isReview = operation.agent.includes("reviewer");
        if (!isReview) this.takeTurns(operation.session);
        const stored = [asSent(operation.text)];
        const text = isReview ? APPROVED : "Done: the function is there and its tests are green.";
        return {
          type: "answered",
          text,
          text_bytes: text.length,
          finish: "stop",
          usage: USAGE,
          stored,
        };
      }
      default:
        throw new Error(`nobody asks for ${operation.type} here`);
    }
  }

  private takeTurns(session: string): void {
    const signal = { type: "stepped", finish: "tool-calls", usage: USAGE } as const;
    const event: Event = { type: "session", session, signal };
    for (let turn = 0; turn < TURNS; turn++) this.core?.dispatch(event);
  }

  private git({ operation }: Extract<Effect, { kind: "git" }>): GitOutcome {
    switch (operation.type) {
      case "inspect":
        return {
          type: "inspected",
          repository: {
            is_repository: true,
            name: "project",
            head: "1".repeat(40),
            tree: "2".repeat(40),
            branch: "main",
            dirty_files: 0,
            dirty_paths: [],
            has_mac_branch: false,
            reference: null,
            guard: [],
          },
        };
      case "list":
        return { type: "listed", files: FILES, is_cut: false };
      case "show":
        return { type: "shown", text: MANIFEST };
      case "measure": {
        const blob = "3".repeat(40);
        return {
          type: "measured",
          files: operation.paths.map((path) => ({ path, blob, lines: 100 })),
        };
      }
      case "prepare":
        return { type: "prepared", directory: directoryOf(operation.slot) };
      case "collect":
        this.breakSome(operation);
        return {
          type: "collected",
          commit: this.id("", 40),
          changes: FILES.slice(1, 4).map(({ path }) => ({ path, added: 20, removed: 0 })),
          diff: DIFF,
          diff_bytes: DIFF.length,
          left_out: [],
        };
      case "merge":
        return { type: "merged", commit: this.id("", 40) };
      case "compose":
      case "revert":
        return { type: "made", commit: this.id("", 40) };
      case "move":
        return { type: "moved" };
      case "relate":
        return { type: "related", relation: "ahead" };
      case "land":
        return { type: "landed" };
      case "recall":
        return {
          type: "collected",
          commit: operation.commit,
          changes: [],
          diff: DIFF,
          diff_bytes: DIFF.length,
          left_out: [],
        };
      case "examine":
        return { type: "clean" };
      case "compare":
        return { type: "unknown" };
      case "glance":
        return { type: "glanced", digest: "0" };
      case "look":
        return { type: "seen", checkout: { head: null, branch: "main", files: [] } };
      case "hold":
        return { type: "held", attempts: [], merges: [] };
    }
  }

  private breakSome({ reference, slot }: { reference: string; slot: number }): void {
    if (!reference.endsWith("/1")) return;
    this.firstAttempts += 1;
    if (this.firstAttempts % RED_EVERY === 0) this.red.add(directoryOf(slot));
  }

  private file({ operation }: Extract<Effect, { kind: "file" }>): FileOutcome {
    const text = operation.type === "write" ? operation.text : this.backlog;
    const hash = createHash("sha256").update(text).digest("hex");
    return operation.type === "read"
      ? { type: "read", text: this.backlog, hash }
      : { type: "written", kept: null, hash };
  }

  private process({ operation }: Extract<Effect, { kind: "process" }>): ProcessOutcome {
    const isRed = operation.command === TEST && this.red.delete(operation.directory);
    const tail = isRed ? RED : GREEN;
    return { type: "exited", code: isRed ? 1 : 0, duration_ms: 900, tail };
  }

  private id(prefix: string, digits = 24): string {
    this.counter += 1;
    return (
      prefix + createHash("sha256").update(String(this.counter)).digest("hex").slice(0, digits)
    );
  }
}

function directoryOf(slot: number): string {
  return `/pool/${slot}`;
}
