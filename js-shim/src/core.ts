// Loads the WebAssembly core, once a process.
import { readFileSync } from "node:fs";
import {
  Core,
  type CoreHost,
  definitions,
  initSync,
  onlyLooks,
  overheard,
  audit as readAudit,
  redact,
} from "../pkg/core.js";
import { USUAL_DEFINITIONS, WASM } from "./built.ts";
import type {
  AgentDefinition,
  Audit,
  CommandName,
  Definitions,
  Event,
  Heard,
  PromptSources,
  Speech,
} from "./protocol.ts";

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

/** Fingerprints of what a session holds; `undefined` when there is nothing worth one. */
export function fingerprints(speech: Speech): Heard | undefined {
  load();
  return overheard(speech) as Heard | undefined;
}

/** The agents and commands that the core defines, with the person's prompts. The usual ones are in the bundle:
 * an OpenCode that is given no command of ours never loads the core. */
export function readDefinitions(sources: PromptSources): Definitions {
  if (USUAL_DEFINITIONS !== null) {
    const usual: Definitions = JSON.parse(USUAL_DEFINITIONS);
    if (isUsual(sources, usual)) return usual;
  }
  load();
  const define: (sources: PromptSources) => Definitions = definitions;
  return define(sources);
}

/** Whether nothing is there that the definitions could differ by. */
export function isUsual(
  { options, files, own, registered }: PromptSources,
  usual: Definitions,
): boolean {
  const isSet = (name: string) => Object.hasOwn(Object(options), name);
  const isOwn = ({ role }: AgentDefinition) => Object.hasOwn(own, role);
  if (files.length > 0 || registered !== null) return false;
  return !usual.options.some(isSet) && !usual.agents.some(isOwn);
}

function load(): void {
  if (isLoaded) return;
  initSync({ module: readFileSync(WASM) });
  isLoaded = true;
}
