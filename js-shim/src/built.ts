// What differs between the bundle and these sources, which the tests run as they are.

// Put in by the build; not there in the sources.
declare const IS_BUNDLED: boolean | undefined;
declare const DEFINITIONS: string | undefined;

/** The core's code. */
export const WASM = new URL(
  typeof IS_BUNDLED === "undefined" ? "../pkg/core_bg.wasm" : "./core_bg.wasm",
  import.meta.url,
);

/** What the core defines where the person changed nothing of it, as JSON. */
export const USUAL_DEFINITIONS = typeof DEFINITIONS === "undefined" ? null : DEFINITIONS;
