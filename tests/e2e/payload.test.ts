/** What a request of our agents holds beside the task, and that nobody else's is changed. */
import { expect, test } from "vitest";
import { barrier } from "./barrier.ts";
import { EXPIRY, linksScript, SPEC } from "./links.ts";
import { bash, type Call } from "./model.ts";
import { expectSuccess, planned } from "./outcome.ts";
import type { Role } from "./roles.ts";
import { inWorld } from "./shared.ts";
import { FRAME_MAX, frameOf, sizesByRole, sizesTable } from "./sizes.ts";
import type { World } from "./world.ts";

const READING = ["glob", "grep", "read"];
const TOOLS: Partial<Record<Role, string[]>> = {
  "planner-spec": READING,
  "planner-arch": READING,
  "planner-qa": READING,
  backlog: READING,
  implementer: ["bash", "edit", "glob", "grep", "read", "write"],
  reviewer: [],
};

function expectSmall(world: World): void {
  const sizes = sizesByRole(world.model.calls);
  console.log(sizesTable(sizes));
  for (const { role, frame } of sizes) expect(frame, role).toBeLessThanOrEqual(FRAME_MAX);
  for (const call of world.model.calls) expect(call.tools.sort()).toEqual(TOOLS[call.role]);
}

test("each role is sent its own tools in few bytes, and what is equal everywhere comes first", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    expectSuccess(await world.run("plan", ["feature.md"]));
    expectSuccess(await world.run("implement"));
    expectSmall(world);
    const [worker] = world.model.opened("implementer");
    expect(worker?.system).toMatch(
      /^You do one task [\s\S]*\n\nWorking directory: \/\S+\/w1\nPlatform: \w+\nToday's date: .+$/,
    );
  }));

test("where the plugin is not committed it is at work in worktrees all the same", () =>
  inWorld({ script: linksScript({}, [EXPIRY]), isConfigCommitted: false }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    expect(frameOf(world.model.opened("implementer")[0] as Call)).toBeLessThanOrEqual(FRAME_MAX);
  }));

test("instructions of the project stay, before what differs from worktree to worktree", () =>
  inWorld({ script: linksScript({}, [EXPIRY]) }, async (world) => {
    world.repository.write("AGENTS.md", "Use tabs, as everywhere here.\n");
    world.repository.commit("Say how to indent");
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    const system = world.model.opened("implementer")[0]?.system ?? "";
    expect(system).toMatch(
      /\nInstructions from: AGENTS\.md\nUse tabs, as everywhere here\.[\s\S]*\nWorking directory: /,
    );
  }));

test("the person's own agents are sent what OpenCode sends them, also while ours are at work", () => {
  const planners = barrier(3);
  let said: Promise<unknown> = Promise.resolve();
  let say = async (): Promise<unknown> => undefined;
  const look = async (call: Call) => {
    if (call.step > 0) return SPEC;
    // All three were sent their first request; then the person says something in a chat of theirs.
    await planners();
    if (call.role === "planner-spec") said = say();
    await said;
    return { tools: [{ name: "glob", args: { pattern: "src/*.js" } }] };
  };
  const script = linksScript({
    "planner-spec": look,
    "planner-arch": look,
    "planner-qa": look,
    other: "You are welcome.",
  });
  return inWorld({ script }, async (world) => {
    const server = await world.serve();
    const [during, chat] = [await server.open(), await server.open()];
    say = () => server.say(during, "Hello.");
    await server.command(chat, "plan", "feature.md");
    await server.say(chat, "Hello.");

    const [first, second, ...others] = world.model.callsOf("other");
    expect(others).toEqual([]);
    const sent = (call: Call | undefined) => ({ tools: call?.request.tools, system: call?.system });
    expect(sent(first)).toEqual(sent(second));
    expect(JSON.stringify(first?.request.tools).length).toBeGreaterThan(10_000);
    // Until then they were alone, and their requests were small.
    for (const call of world.model.opened("planner-qa"))
      expect(frameOf(call)).toBeLessThanOrEqual(FRAME_MAX);
    await server.stop();
  });
});

test("a GPT model's worker is sent few bytes, too, and works with patches", () => {
  const patch = (text: string) => ({
    tools: [
      {
        name: "apply_patch",
        args: { patchText: `*** Begin Patch\n${text}\n*** End Patch` },
      },
    ],
  });
  const implementer = [
    patch("*** Add File: notes.txt\n+one\n+two"),
    patch("*** Update File: notes.txt\n*** Move to: other.txt\n@@\n one\n-two\n+three"),
    patch("*** Add File: opencode.json\n+{}"),
    "Done.",
  ];
  const gpt = { "gpt-5": { tool_call: true, limit: { context: 128_000, output: 16_000 } } };
  const script = linksScript({ implementer }, [EXPIRY]);
  return inWorld({ script, options: { review: "off" } }, async (world) => {
    const config = JSON.parse(world.repository.read("opencode.json"));
    Object.assign(config.provider.scripted.models, gpt);
    world.repository.write("opencode.json", JSON.stringify({ ...config, model: "scripted/gpt-5" }));
    world.repository.commit("Use another model");
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    const [first] = world.model.opened("implementer");
    expect(first?.tools.sort()).toEqual(["apply_patch", "bash", "glob", "grep", "read"]);
    expect(frameOf(first as Call)).toBeLessThanOrEqual(FRAME_MAX);
    expect(world.repository.read("other.txt")).toBe("one\nthree\n");
    const denied = world.model.callsOf("implementer").at(-1)?.results.at(-1);
    expect(denied).toContain("rule which prevents");
  });
});

test("a model that calls the tools as they are described gets what it asked for", () => {
  const calls = [
    { name: "read", args: { filePath: "src/slug.js", offset: 1, limit: 1 } },
    { name: "grep", args: { pattern: "export", include: "*.js", path: "src" } },
    { name: "glob", args: { pattern: "src/sl*.js" } },
    { name: "write", args: { filePath: "notes.txt", content: "one\ntwo\n" } },
    bash("cat notes.txt"),
  ];
  const edit = {
    name: "edit",
    args: { filePath: "notes.txt", oldString: "two", newString: "three", replaceAll: true },
  };
  const again = { name: "bash", args: { command: "cat notes.txt", workdir: ".", timeout: 10_000 } };
  const implementer = [
    ...calls.map((call) => ({ tools: [call] })),
    { tools: [edit] },
    { tools: [again] },
    "Done.",
  ];
  const script = linksScript({ implementer }, [EXPIRY]);
  return inWorld({ script, options: { review: "off" } }, async (world) => {
    planned(world, [EXPIRY]);
    expectSuccess(await world.run("implement"));
    const results = world.model.callsOf("implementer").at(-1)?.results ?? [];
    // Whether the two can search depends on the machine: OpenCode downloads ripgrep.
    for (const result of results) expect(result).not.toMatch(/invalid arguments/i);
    const [read, , , , shown, , edited] = results;
    expect(read).toContain("1: ");
    expect(shown).toBe("one\ntwo\n");
    expect(edited).toBe("one\nthree\n");
  });
});
