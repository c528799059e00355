// What differs between the bundle and these sources, which the tests run as they are.

/** Put in by the build, from package.json; not there in the sources. */
declare const PACKAGE_VERSION: string | undefined;
const bundled = typeof PACKAGE_VERSION === "undefined" ? null : PACKAGE_VERSION;

/** The version of the package. */
export const VERSION = bundled ?? "source";
/** The core's code. */
export const WASM = new URL(
  bundled === null ? "../pkg/core_bg.wasm" : "./core_bg.wasm",
  import.meta.url,
);
