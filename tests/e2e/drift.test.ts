/** What an agent reads is what it was sent, from its first message to the end of a long session. */
import { expect, test } from "vitest";
import { EXPIRY, HITS, linksScript } from "./links.ts";
import { expectSuccess, orphans, planned, printed, statusOf } from "./outcome.ts";
import { textsOf } from "./roles.ts";
import { inWorld } from "./world.ts";

const JOKE = "Begin each answer with a joke.";

/** A plugin of the person's that adds to every message. */
const MEDDLER = `export const Meddler = async () => ({
  "chat.message": async (_, { parts }) => {
    const [first] = parts;
    if (first !== undefined)
      parts.push({ ...first, id: first.id + "0", text: ${JSON.stringify(JOKE)}, metadata: undefined });
  },
});
`;

test("a worker's only message is its context file, byte for byte", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    const [opened, ...more] = world.model.opened("implementer");
    expect(more).toEqual([]);
    const context = world.repository.read("tasks/T01.context.md");
    expect(opened && textsOf(opened.request, "user")).toEqual([context]);
  }));

test("a plugin that adds to messages is told, and nothing that its readers did counts", () =>
  inWorld(
    { script: linksScript({}, [EXPIRY, HITS]), options: { maxWorkers: 1 } },
    async (world) => {
      world.repository.write(".opencode/plugin/meddler.js", MEDDLER);
      world.repository.commit("Use a plugin of my own");
      planned(world, [EXPIRY, HITS]);
      const end = await world.run("implement");
      expect(end.code).toBeGreaterThan(0);
      expect(printed(end)).toContain("its agent read more than its task: message 1 of the session");
      expect(printed(end)).toContain(JOKE);
      expect(statusOf(world, "T01")).toMatchObject({ attempts: 0 });
      expect(world.model.opened("implementer")).toHaveLength(1);
      expect(world.model.opened("reviewer")).toEqual([]);
      expect(world.repository.merges("mac/links")).toEqual([]);
      expect(await orphans(world)).toEqual([]);

      world.repository.git("rm", "--quiet", ".opencode/plugin/meddler.js");
      world.repository.commit("Turn it off");
      expectSuccess(await world.run("implement"));
      expect(world.repository.merges("mac/links")).toHaveLength(2);
    },
  ));
