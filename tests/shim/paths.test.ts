import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataDirectory, isInside, worktreesDirectory } from "../../js-shim/src/paths.ts";
import { setVariable } from "./world.ts";

test("data lies where the platform keeps it, and where the person says", () => {
  const local = join(homedir(), ".local", "share");
  expect(dataDirectory({}, "linux")).toBe(local);
  expect(dataDirectory({}, "darwin")).toBe(local);
  expect(dataDirectory({ XDG_DATA_HOME: "/data" }, "linux")).toBe("/data");
  expect(dataDirectory({ XDG_DATA_HOME: "relative" }, "linux")).toBe(local);
  expect(dataDirectory({ LOCALAPPDATA: "C:\\Users\\a\\Local" }, "win32")).toBe(
    "C:\\Users\\a\\Local",
  );
});

test("the pool is one directory for each repository", () => {
  setVariable("XDG_DATA_HOME", "/data");
  const pool = (common: string, setting: string | null = null): string =>
    worktreesDirectory({ root: "/r", person_directory: "/r", state: "/r", common }, setting);
  // The first digits of `printf %s /home/ada/shop/.git | sha256sum`.
  expect(pool("/home/ada/shop/.git")).toBe("/data/multi-agent-coder/worktrees/shop-8809cf21");
  expect(pool("/srv/shop.git")).toMatch(/^\/data\/multi-agent-coder\/worktrees\/shop-[0-9a-f]{8}$/);
  expect(pool("/srv/shop.git")).not.toBe(pool("/home/ada/shop/.git"));
  expect(pool("/x/.git", "../trees")).toBe("/trees");
  expect(pool("/x/.git", "~/trees")).toBe(join(homedir(), "trees"));
});

test("what lies inside a directory", () => {
  expect(isInside("/a/b", "/a/b")).toBe(true);
  expect(isInside("/a/b", "/a/b/..c/d")).toBe(true);
  expect(isInside("/a/b", "/a/bc")).toBe(false);
  expect(isInside("/a/b", "/a")).toBe(false);
});
