//! What the core needs from JavaScript, and the names that its own functions use for JavaScript's values.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
import type {
  Audit,
  ChatOperation,
  CommandName,
  Definitions,
  Effect,
  EffectId,
  Event,
  Heard,
  Outcome,
  PromptSources,
  Speech,
} from "../src/protocol.js";

/** What the core needs from its host. Nothing of it may throw or reject, except `persist`. */
export interface CoreHost {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Makes journal lines durable, then notes the head record that follows from them. When it rejects,
   * the core stops: nothing more is performed. */
  persist(lines: string, head: string): Promise<void>;
  /** Performs an effect that is answered. */
  perform(effect: Effect): Promise<Outcome>;
  /** Aborts an effect that is under way. */
  cancel(id: EffectId): void;
  /** Shows something in a chat. */
  show(operation: ChatOperation): void;
  /** The core can go no further: the journal could not be written. */
  halted(reason: string): void;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// The host's side of the boundary.
    #[wasm_bindgen(typescript_type = "CoreHost")]
    #[derive(Clone)]
    pub type CoreHost;

    /// Milliseconds since the Unix epoch.
    #[wasm_bindgen(method)]
    pub fn now(this: &CoreHost) -> f64;
    /// Makes journal lines durable, and notes the head record.
    #[wasm_bindgen(method)]
    pub fn persist(this: &CoreHost, lines: &str, head: &str) -> Promise;
    /// Performs an effect that is answered.
    #[wasm_bindgen(method)]
    pub fn perform(this: &CoreHost, effect: JsValue) -> Promise;
    /// Aborts an effect that is under way.
    #[wasm_bindgen(method)]
    pub fn cancel(this: &CoreHost, id: f64);
    /// Shows something in a chat.
    #[wasm_bindgen(method)]
    pub fn show(this: &CoreHost, operation: JsValue);
    /// Says that the core can go no further.
    #[wasm_bindgen(method)]
    pub fn halted(this: &CoreHost, reason: &str);

    /// An event, as `protocol.ts` describes it.
    #[wasm_bindgen(typescript_type = "Event")]
    pub type JsEvent;
    /// A command's name, as `protocol.ts` describes it.
    #[wasm_bindgen(typescript_type = "CommandName")]
    pub type JsCommandName;
    /// Variables of the process's environment.
    #[wasm_bindgen(typescript_type = "Record<string, string | undefined>")]
    pub type JsEnvironment;
    /// An audit, as `protocol.ts` describes it.
    #[wasm_bindgen(typescript_type = "Audit")]
    pub type JsAudit;
    /// What the host found to make prompts of, as `protocol.ts` describes it.
    #[wasm_bindgen(typescript_type = "PromptSources")]
    pub type JsPromptSources;
    /// The texts of a session, as `protocol.ts` describes them.
    #[wasm_bindgen(typescript_type = "Speech")]
    pub type JsSpeech;
    /// Fingerprints of them, as `protocol.ts` describes them.
    #[wasm_bindgen(typescript_type = "Heard")]
    pub type JsHeard;
    /// What to register, as `protocol.ts` describes it.
    #[wasm_bindgen(typescript_type = "Definitions")]
    pub type JsDefinitions;
}
