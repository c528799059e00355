/** What a failed attempt taught is remembered beyond its task, and is the person's to delete. */
import { expect, test } from "vitest";
import {
  ADDRESS,
  EXPIRY,
  HITS,
  linksScript,
  type ScriptedTask,
  solve,
  taskNamed,
} from "./links.ts";
import { expectSuccess, planned } from "./outcome.ts";
import { inWorld } from "./shared.ts";

const WRONG =
  "export function isExpired(link, now) {\n  return link.expiresAt !== undefined && now > link.expiresAt;\n}\n";
const FILE = "tasks/memory.yaml";
/** The other tasks may come by the file that fails. */
const near = (task: ScriptedTask): ScriptedTask => ({
  ...task,
  scope: { ...task.scope, files_hint: [...task.scope.files_hint, "test/"] },
});
const TASKS = [EXPIRY, near(HITS), near(ADDRESS)];

test("a lesson is in memory.yaml and in the next task's request, until the person deletes it", () =>
  inWorld(
    {
      script: linksScript(
        {
          implementer: (call) => {
            const task = taskNamed(call, TASKS);
            const isWrong = task === EXPIRY && call.attempt === 1;
            return solve(task, isWrong ? { "src/expiry.js": WRONG } : {});
          },
        },
        TASKS,
      ),
    },
    async (world) => {
      planned(world, TASKS);
      expectSuccess(await world.run("implement", ["T01"]));
      const text = world.repository.read(FILE);
      const [, lesson] = text.match(/text: (.+)\n/) ?? [];
      expect(lesson).toMatch(/Don't .+\(test.*expiry\.test\.js/);
      expect(text).toContain("tier: feature\n    of: links\n");
      const line = lesson?.startsWith('"') ? (JSON.parse(lesson) as string) : (lesson ?? "");

      expectSuccess(await world.run("implement", ["T02"]));
      const [counting] = world.model.opened("implementer", "T02");
      expect(counting?.text).toContain(`## Known from earlier work\n\n- ${line}\n`);
      expect(counting?.text).toBe(world.repository.read("tasks/T02.context.md"));

      const known = world.repository.read(FILE);
      expect(known).toContain("used: 2\n    passed: 2\n");
      world.repository.write(
        FILE,
        known.replace(/entries:\n[\s\S]*deleted:/, "entries: []\ndeleted:"),
      );
      expectSuccess(await world.run("implement", ["T03"]));
      const [checking] = world.model.opened("implementer", "T03");
      expect(checking?.text).not.toContain("Known from earlier work");
      expect(world.repository.read(FILE)).toContain(`entries: []\ndeleted:\n  - ${lesson}\n`);
    },
  ));
