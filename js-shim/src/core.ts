// Loads the WebAssembly core, once a process.
import { readFileSync } from "node:fs";
import { Core, definitions, initSync } from "../pkg/core.js";
import type { ChatOperation, Definitions, Effect, EffectId, Event, Outcome } from "./protocol.ts";

/** What the core asks of the shim. */
export interface CoreHost {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Appends to the journal, durably. A rejection stops the engine. */
  persist(lines: string): Promise<void>;
  /** Performs an effect that is answered. Never rejects. */
  perform(effect: Effect): Promise<Outcome>;
  /** Stops an effect that is under way. */
  cancel(id: EffectId): void;
  /** Shows the person something. Never throws. */
  show(operation: ChatOperation): void;
}

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
  initSync({ module: readFileSync(new URL("./core_bg.wasm", import.meta.url)) });
  isLoaded = true;
}
