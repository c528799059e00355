/** What is written into OpenCode's configuration. */

import { expect, test } from "vitest";
import { readDefinitions } from "../../js-shim/src/core.ts";
import {
  configured,
  install,
  parseModel,
  worktreeConfig,
} from "../../js-shim/src/host/v1-config.ts";

type Loose = Record<string, Record<string, Record<string, unknown>>>;
const definitions = readDefinitions({ options: null, files: [], own: {}, registered: null });

function installed(config: Record<string, unknown> = {}) {
  const warnings: string[] = [];
  const names = install(config as never, definitions, "file:///provider.js", (text) =>
    warnings.push(text),
  );
  return { config: config as Loose & Record<string, unknown>, names, warnings };
}

test("all commands run on the conductor, by its model", () => {
  const { config, names, warnings } = installed();
  expect([...names.keys()]).toEqual(definitions.commands.map(({ name }) => name));
  for (const name of names.keys()) {
    expect(config.command?.[name]).toMatchObject({
      agent: "conductor",
      model: "multi-agent-coder/conductor",
    });
  }
  expect(warnings).toEqual([]);
});

test("no template has a place for arguments, shell or files", () => {
  const { config } = installed();
  for (const { template } of Object.values(config.command ?? {})) {
    expect(template).not.toMatch(/\$ARGUMENTS|!`|@|\$[1-9]\b/);
  }
});

test("a command of the person's wins, and ours gets another name that is told", () => {
  const own = { template: "my own plan", description: "mine" };
  const { config, names, warnings } = installed({ command: { plan: own } });
  expect(config.command?.plan).toBe(own);
  expect(names.get("mac-plan")).toBe("plan");
  expect(names.has("plan")).toBe(false);
  expect(warnings).toEqual([expect.stringContaining("/mac-plan")]);
});

test("installing twice is the same as once", () => {
  const once = installed();
  const text = JSON.stringify(once.config);
  const twice = installed(once.config);
  expect(JSON.stringify(twice.config)).toBe(text);
  expect(twice.warnings).toEqual([]);
});

test("what a person set for an agent of ours wins, field by field", () => {
  const { config } = installed({
    agent: { implementer: { model: "acme/large", prompt: "mine", temperature: 0.1 } },
  });
  const agent = config.agent?.implementer;
  expect(agent).toMatchObject({ model: "acme/large", prompt: "mine", temperature: 0.1 });
  expect(agent).toMatchObject({ hidden: true, mode: "primary" });
  expect(agent?.description).toEqual(expect.any(String));
});

test("the conductor keeps its model whatever is set for it", () => {
  const { config } = installed({ agent: { conductor: { model: "acme/large" } } });
  expect(config.agent?.conductor?.model).toBe("multi-agent-coder/conductor");
});

test("the model has no limit, or a long chat would be compacted with it", () => {
  const { config } = installed();
  const models = config.provider?.["multi-agent-coder"]?.models as Loose;
  expect(models.conductor?.limit).toEqual({ context: 0, output: 0 });
});

test("a list of allowed providers gets ours, once; without a list there is none", () => {
  const { config } = installed({ enabled_providers: ["acme"] });
  installed(config);
  expect(config.enabled_providers).toEqual(["acme", "multi-agent-coder"]);
  expect(installed().config.enabled_providers).toBeUndefined();
});

test("what a person set for an agent holds for the variants of its prompt, but the prompt", () => {
  const sources = {
    options: { prompts: { reviewer: { variants: { default: 1, strict: 1 } } } },
    files: [{ name: "reviewer.strict.md", content: { type: "text" as const, text: "Be strict." } }],
    own: {},
    registered: null,
  };
  const config: Record<string, unknown> = {
    agent: { reviewer: { model: "acme/large", temperature: 0.1 } },
  };
  install(config as never, readDefinitions(sources), "file:///provider.js", () => undefined);
  const { agent } = config as Loose;
  expect(agent?.["reviewer~strict"]).toMatchObject({
    model: "acme/large",
    temperature: 0.1,
    prompt: "Be strict.",
    hidden: true,
  });
  expect(configured(config as never, readDefinitions(sources)).agents).toEqual({
    reviewer: { provider: "acme", model: "large" },
  });
});

test("a worktree gets the person's providers and models and our agents, not theirs", () => {
  const config = installed({
    model: "acme/large",
    provider: { acme: { npm: "acme" } },
    agent: { mine: { prompt: "x" } },
    command: { plan: { template: "mine" } },
  }).config;
  const own = { theme: "own", agent: { a: {} }, plugin: ["mine"] };
  const content = worktreeConfig(config as never, definitions, ["file:///ours", {}], own);
  const got = JSON.parse(content);
  expect(got).toMatchObject({ theme: "own", model: "acme/large", snapshot: false });
  expect(Object.keys(got.provider)).toEqual(["acme", "multi-agent-coder"]);
  expect(Object.keys(got.agent)).toEqual(["a", ...definitions.agents.map(({ name }) => name)]);
  expect(got.plugin).toEqual(["mine", ["file:///ours", {}]]);
  expect(got.command).toBeUndefined();
});

test("models set for agents are read, ours only", () => {
  const config = {
    model: "acme/large",
    agent: { reviewer: { model: "acme/org/strict" }, mine: { model: "acme/x" } },
  };
  expect(configured(config as never, definitions)).toMatchObject({
    model: { provider: "acme", model: "large" },
    small_model: null,
    agents: { reviewer: { provider: "acme", model: "org/strict" } },
  });
});

test("tools that a person allows our agents are read, and MCP servers run in worktrees for those only", () => {
  const { config } = installed({
    agent: {
      implementer: { permission: { docs_drop: "ask", "docs*": "allow", bash: "allow" } },
      reviewer: { permission: { "my_db_*": "allow", "*": "allow" } },
      documenter: { permission: { "other_*": "deny" } },
      "planner-qa": { permission: { "other_*": "allow" } },
      mine: { permission: { "other_*": "allow" } },
    },
    mcp: {
      docs: { type: "local", command: ["docs"] },
      "my db": { type: "remote", url: "http://db" },
      other: { type: "local", command: ["other"], enabled: true },
    },
  });
  const { tool_rules } = configured(config as never, definitions);
  const rule = (permission: string, action: string) => ({ permission, pattern: "*", action });
  expect(tool_rules).toEqual({
    implementer: [rule("docs*", "allow"), rule("docs_drop", "deny")],
    reviewer: [rule("my_db_*", "allow")],
    "planner-qa": [rule("other_*", "allow")],
  });
  const { mcp } = JSON.parse(
    worktreeConfig(config as never, definitions, ["file:///ours", {}], {}),
  );
  expect(mcp).toEqual({
    docs: { type: "local", command: ["docs"] },
    "my db": { type: "remote", url: "http://db" },
    other: { type: "local", command: ["other"], enabled: false },
  });
});

test.each([["acme"], ["/large"], ["acme/"], [""], [undefined], [7]])("%j is no model", (text) => {
  expect(parseModel(text)).toBeNull();
});
