/** A task that fails twice gets a better spec and passes with that. */
import { expect, test } from "vitest";
import { EXPIRY, linksScript, solve } from "./links.ts";
import { expectSuccess, mergedTasks, orphans, planned, statusOf } from "./outcome.ts";
import { inWorld } from "./shared.ts";

const WRONG =
  "export function isExpired(link, now) {\n  return link.expiresAt !== undefined && now > link.expiresAt;\n}\n";
const INCLUSIVE = "The exact moment of expiry counts as over: compare with >=";
const CHATTER = "chatter-of-the-worker";

const BETTER = `The task left the exact moment open.

\`\`\`yaml
confidence: 0.9
reasoning: "It never says whether the exact moment of expiry is still valid."
task:
  context:
    constraints: [${JSON.stringify(INCLUSIVE)}]
\`\`\`
`;

test("a task that fails twice is given a better spec by an agent that saw no chatter, and passes", () =>
  inWorld(
    {
      script: linksScript(
        {
          implementer: (call) =>
            call.text.includes(INCLUSIVE)
              ? solve(EXPIRY)
              : solve(EXPIRY, { "src/expiry.js": WRONG, "notes.txt": CHATTER }),
          rebase: BETTER,
        },
        [EXPIRY],
      ),
    },
    async (world) => {
      planned(world, [EXPIRY]);
      const end = await world.run("implement");
      expectSuccess(end);

      expect(world.model.opened("implementer")).toHaveLength(3);
      const [asked, ...more] = world.model.opened("rebase");
      expect(more).toEqual([]);
      expect(asked?.text).toContain(EXPIRY.acceptance[0]);
      expect(asked?.text).toContain("expiry.test.js");
      expect(asked?.text).not.toContain(CHATTER);
      expect(asked?.tools).toEqual([]);

      expect(end.stdout).toContain("has a better spec (version 2, confidence 0.9)");
      expect(world.repository.read("tasks/BACKLOG.yaml")).toContain(INCLUSIVE);
      expect(world.repository.read("tasks/T01.notes.md")).toContain("Version 2 of the spec");
      expect(mergedTasks(world, "mac/links", [EXPIRY])).toEqual(["T01"]);
      expect(statusOf(world, "T01")).toMatchObject({ status: "completed", attempts: 3 });
      expect(await orphans(world)).toEqual([]);
    },
  ));
