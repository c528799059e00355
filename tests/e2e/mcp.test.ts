/** MCP servers of the person's: off where workers are, but for those that a worker may use. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { EXPIRY, linksScript, solve } from "./links.ts";
import { expectSuccess, planned } from "./outcome.ts";
import { inWorld } from "./world.ts";

const SERVER = fileURLToPath(new URL("../fixtures/mcp-server.mjs", import.meta.url));

test("in a worktree only the MCP servers run that the person allows a worker", () => {
  const where = { tools: [{ name: "docs_where", args: {} }] };
  const script = linksScript({ implementer: [where, ...solve(EXPIRY)] }, [EXPIRY]);
  return inWorld({ script }, async (world) => {
    const log = join(world.root, "starts");
    const server = (name: string) => ({ type: "local", command: ["node", SERVER, log, name] });
    const permission = { "docs_*": "allow", bash: "deny", "*": "allow" };
    const mcp = { docs: server("docs"), other: server("other") };
    world.configure({}, { mcp, agent: { implementer: { permission } } });
    world.repository.commit("Use MCP servers");
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    const [first, second] = world.model.callsOf("implementer");
    expect(first?.tools.sort()).toEqual([
      "bash",
      "docs_where",
      "edit",
      "glob",
      "grep",
      "read",
      "write",
    ]);
    expect(second?.results).toEqual([expect.stringMatching(/^in \/\S+\/w1$/)]);
    const starts = readFileSync(log, "utf8").trim().split("\n").sort();
    const { directory } = world.repository;
    expect(starts).toEqual([
      expect.stringMatching(/^docs \S+\/w1$/),
      `docs ${directory}`,
      `other ${directory}`,
    ]);
  });
});
