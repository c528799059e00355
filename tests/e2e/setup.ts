/** Packs the plugin once for all end-to-end tests of a run. */
import { pack } from "./pack.ts";
import { sweep } from "./scratch.ts";

export default function setup(): () => void {
  sweep();
  if (process.env.MAC_PACKAGE !== undefined) return () => undefined;
  const packed = pack();
  process.env.MAC_PACKAGE = packed.directory;
  process.env.MAC_ARCHIVE = packed.archive;
  return packed.remove;
}
