// Loads the WebAssembly core, once a process.
import { readFileSync } from "node:fs";
import { Core, type CoreHost, definitions, initSync } from "../pkg/core.js";
import { WASM } from "./built.ts";
import type { Definitions, Event } from "./protocol.ts";

export type { CoreHost } from "../pkg/core.js";

/** The engine with its driver: stamps, journals and steps events, performs effects, feeds outcomes back. */
export interface Engine {
  /** Replays a journal and gives how many of its bytes are sound. Throws when it is damaged. */
  open(journal: string, version: string): number;
  dispatch(event: Event): void;
  /** Resolves when nothing is under way. */
  quiet(): Promise<void>;
  free(): void;
}

let isLoaded = false;

/** A fresh engine. */
export function createEngine(host: CoreHost): Engine {
  load();
  return new Core(host) as Engine;
}

/** The agents and commands that the core defines. */
export function readDefinitions(): Definitions {
  load();
  return definitions() as Definitions;
}

function load(): void {
  if (isLoaded) return;
  initSync({ module: readFileSync(WASM) });
  isLoaded = true;
}
