/** The package as npm would publish it, unpacked into a directory. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeScratch, scratch } from "./scratch.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Packed {
  /** Its name and version as its package.json has them. */
  name: string;
  version: string;
  /** The archive. */
  archive: string;
  /** Where it lies unpacked. */
  directory: string;
  /** Takes all of it away again. */
  remove(): void;
}

/** Packs the project as it was built last. */
export function pack(): Packed {
  const parent = scratch("package");
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", parent], {
    cwd: ROOT,
    stdio: "pipe",
  });
  const archive = join(parent, readdirSync(parent).find((name) => name.endsWith(".tgz")) ?? "");
  mkdirSync(join(parent, "unpacked"));
  execFileSync("tar", ["-xzf", archive, "-C", join(parent, "unpacked")]);
  const directory = join(parent, "unpacked", "package");
  const { name, version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return {
    name,
    version,
    archive,
    directory,
    remove: () => removeScratch(parent),
  };
}
