// Loads the WebAssembly core, once a process.
import { readFileSync } from "node:fs";
import {
  Core,
  type CoreHost,
  definitions,
  initSync,
  onlyLooks,
  audit as readAudit,
  redact,
} from "../pkg/core.js";
import { WASM } from "./built.ts";
import type { Audit, CommandName, Definitions, Event, PromptSources } from "./protocol.ts";

export type { CoreHost } from "../pkg/core.js";

/** The engine with its driver: stamps, journals and steps events, performs effects, feeds outcomes back. */
export interface Engine {
  /**
   * Replays a journal, checked against its head record, after `processes` of an earlier process were ended.
   * Gives how many of its bytes are sound. Throws when it is damaged.
   */
  open(journal: string, head: string | undefined, processes: number): number;
  /** Replays a journal that somebody else writes, for commands that only look. Throws when it is damaged. */
  look(journal: string): void;
  dispatch(event: Event): void;
  /** Resolves when nothing is under way. */
  quiet(): Promise<void>;
  free(): void;
}

let isLoaded = false;

/** A fresh engine. */
export function createEngine(host: CoreHost): Engine {
  load();
  return new Core(host, { ...process.env }) as Engine;
}

/** A text as it may be written to a log: without secrets, those of the environment among them. */
export function redacted(text: string): string {
  load();
  return redact(text, { ...process.env });
}

/** Whether a command changes nothing, so that it can be answered while another process is at work. */
export function isLook(name: CommandName, words: string): boolean {
  load();
  return onlyLooks(name, words);
}

/** What a journal says of itself and of its tasks. */
export function audit(journal: string, head: string | null, lines_max: number): Audit {
  load();
  return readAudit(journal, head ?? undefined, lines_max) as Audit;
}

/** The agents and commands that the core defines, with the person's prompts. */
export function readDefinitions(sources: PromptSources): Definitions {
  load();
  const define: (sources: PromptSources) => Definitions = definitions;
  return define(sources);
}

function load(): void {
  if (isLoaded) return;
  initSync({ module: readFileSync(WASM) });
  isLoaded = true;
}
