/** No room for the journal in the middle of a run: it stops and says so, and goes on when there is room. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Core, type CoreHost, initSync } from "../../js-shim/pkg/core.js";
import { WASM } from "../../js-shim/src/built.ts";
import { EXPIRY, HITS, linksScript } from "./links.ts";
import { expectSuccess, mergedTasks, orphans, planned, printed } from "./outcome.ts";
import { inWorld, type World } from "./world.ts";

const TASKS = [EXPIRY, HITS];
/** More than any other file of OpenCode's grows to here, so that the limit meets the journal first. */
const JOURNAL_BYTES = 24 << 20;
/** Enough to begin, not enough to end. */
const ROOM_BYTES = 24 << 10;

/** Makes the journal of a repository as large as one of many runs. */
async function fillJournal(world: World): Promise<number> {
  const state = join(world.repository.directory, ".git/multi-agent-coder");
  const path = join(state, "journal.jsonl");
  let text = readFileSync(path, "utf8");
  let head = readFileSync(join(state, "journal.head"), "utf8");
  initSync({ module: readFileSync(WASM) });
  const host: CoreHost = {
    now: () => Date.now(),
    persist: async (lines, record) => {
      text += lines;
      head = record;
    },
    perform: () => Promise.reject(new Error("nothing is asked for")),
    cancel: () => undefined,
    show: () => undefined,
    halted: () => undefined,
  };
  const core = new Core(host, {});
  core.open(text, head, 0);
  core.dispatch({ type: "cancelled", chat: "x".repeat(JOURNAL_BYTES) });
  await core.quiet();
  core.free();
  writeFileSync(path, text);
  writeFileSync(join(state, "journal.head"), head);
  return statSync(path).size;
}

/** A command that starts another one whose files may not grow beyond a size. */
function limited(world: World, bytes: number): string[] {
  // A shell counts in blocks of 512 or 1024 bytes.
  const probe = join(world.root, "probe");
  const fill = 'trap "" XFSZ; ulimit -f 1; exec head -c 4096 /dev/zero >"$1" 2>"$1.2"';
  try {
    execFileSync("/bin/sh", ["-c", fill, "sh", probe]);
  } catch {
    // It could not write all of it.
  }
  const blocks = Math.floor(bytes / statSync(probe).size);
  return ["/bin/sh", "-c", `trap "" XFSZ; ulimit -f ${blocks}; exec "$@"`, "sh"];
}

test.skipIf(process.platform === "win32" || !existsSync("/bin/sh"))(
  "without room for the journal the run stops with a reason, and later it goes on",
  () =>
    inWorld({ script: linksScript({}, TASKS) }, async (world) => {
      planned(world, TASKS);
      expectSuccess(await world.run("progress"));
      const size = await fillJournal(world);
      const before = world.repository.fingerprint(["tasks"]);

      const through = limited(world, size + ROOM_BYTES);
      const stopped = await world.run("implement", [], { through });
      expect(stopped.code).toBeGreaterThan(0);
      expect(printed(stopped)).toContain("there is no room for it");
      expect(world.model.calls.length).toBeGreaterThan(0);
      expect(world.repository.fingerprint(["tasks"])).toEqual(before);
      expect(world.leftovers()).toEqual([]);

      expectSuccess(await world.run("implement"));
      expect(mergedTasks(world, "mac/links", TASKS).sort()).toEqual(["T01", "T02"]);
      expect(await orphans(world)).toEqual([]);
    }),
);
