/** What an agent may not do, tried one after the other at the real OpenCode. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readDefinitions } from "../../js-shim/src/core.ts";
import { AGENT, Desk, place } from "./desk.ts";
import { bash, type Call, type Reply, type ToolCall, writeFile } from "./model.ts";
import { inWorld, type World } from "./world.ts";

/** Commands that must be denied. The names of programs that are not there do not matter. */
const DENIED = [
  "git push",
  "git push origin HEAD:main",
  "git --no-pager push origin main",
  "git -c push.default=current push",
  "git  push origin main",
  "git\tpush origin main",
  "GIT_TRACE=1 git push origin main",
  "/usr/bin/git push origin main",
  "env git push origin main",
  "command git push origin main",
  'sh -c "git push origin main"',
  "true && git push origin main",
  "echo $(git push origin main)",
  "echo main | xargs git push origin",
  "(cd . && git push origin main)",
  "git fetch origin",
  "git pull",
  "git remote add other /tmp/x",
  "git ls-remote",
  "git clone . copy",
  "git submodule add ./x",
  "git send-email x",
  "git config user.name x",
  "git worktree list",
  "git stash",
  "git update-ref refs/heads/main HEAD",
  "git symbolic-ref HEAD refs/heads/x",
  "git branch -D main",
  "git branch --delete main",
  "git tag -d v1",
  "git -C .. status",
  "git --git-dir=../.git status",
  "GIT_DIR=../.git git status",
  "gh pr create",
  "PAGER=cat gh pr create",
  "/usr/local/bin/gh pr create",
  "glab mr create",
  "npm publish",
  "cargo publish",
  "cat ../other",
  "cd / && ls",
  "touch /tmp/outside",
];
/** Commands of everyday work that must go through. */
const ALLOWED = [
  "git status --short",
  "git diff",
  "git log --oneline",
  "git add --all",
  "git diff --cached -- src/push-config.js",
  "git branch --show-current",
  "git --no-pager log --oneline",
  "npm test",
  "echo high and low",
  "ls src",
];
const DENIAL = /rule which prevents/;

const LIMITS = { timeout_ms: 120_000, silent_ms: 120_000, hearing: "answer_only" as const };

/** Rules of a role, as a session gets them. */
function rulesOf(agent: string) {
  const sources = { options: null, files: [], own: {}, registered: null };
  return readDefinitions(sources).agents.find(({ name }) => name === agent)?.rules ?? [];
}

/** All tool calls in one answer; what each came to is in the next request. */
function all(tools: ToolCall[]): (call: Call) => Reply[] {
  return () => [{ tools }, "Tried it all."];
}

async function results(world: World, agent: string): Promise<string[]> {
  const desk = await Desk.open(world);
  const session = await desk.create(await desk.server.open(), rulesOf(agent));
  const text = "Try it.";
  const end = await desk.perform({
    type: "ask",
    ...place(session),
    ...AGENT,
    agent,
    text,
    ...LIMITS,
  });
  expect(end).toMatchObject({ type: "answered", text: "Tried it all." });
  await desk.server.stop();
  return world.model.callsOf("implementer").at(-1)?.results ?? [];
}

test("an implementer reaches no remote, no other directory and no configuration, and works otherwise", () => {
  const tools = [...DENIED, ...ALLOWED].map(bash);
  const paths = [
    ".git/config",
    ".gitattributes",
    "opencode.json",
    ".opencode/plugin/x.js",
    ".opencode/multi-agent-coder/prompts/reviewer.md",
    "a/.gitmodules",
  ];
  const outside = "/tmp/outside.txt";
  const files = [...paths, outside, "src/fine.js", ".gitignore"].map((path) =>
    writeFile(path, "x\n"),
  );
  const secrets = [".env", ".env.local", ".git/config", ".env.example"];
  const reads = secrets.map((filePath) => ({ name: "read", args: { filePath } }));
  const script = { implementer: all([...tools, ...files, ...reads]) };
  return inWorld({ script }, async (world) => {
    const { repository } = world;
    const remote = join(world.root, "remote.git");
    execFileSync("git", ["init", "--bare", "-q", remote]);
    repository.git("remote", "add", "origin", remote);
    for (const name of [".env", ".env.local", ".env.example"]) repository.write(name, `${name}\n`);
    for (const { args } of [...files, ...reads])
      if (!String(args.filePath).startsWith("/"))
        args.filePath = join(repository.directory, String(args.filePath));
    const before = repository.read(".git/config");

    const came = await results(world, "implementer");
    const answers = came.slice(0, DENIED.length);
    expect(DENIED.filter((_, at) => !DENIAL.test(answers[at] ?? ""))).toEqual([]);
    const fine = came.slice(DENIED.length, tools.length);
    expect(ALLOWED.filter((_, at) => DENIAL.test(fine[at] ?? "rule which prevents"))).toEqual([]);
    const isDenied = came.slice(tools.length).map((text) => DENIAL.test(text));
    expect(isDenied).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(execFileSync("git", ["for-each-ref"], { cwd: remote, encoding: "utf8" })).toBe("");
    expect(repository.read(".git/config")).toBe(before);
  });
});

test("planners and the reviewer have no tool that changes anything", () => {
  const agents = ["planner-spec", "planner-arch", "planner-qa", "backlog", "reviewer"];
  const script = Object.fromEntries(agents.map((agent) => [agent, "Read it all."]));
  return inWorld({ script }, async (world) => {
    const desk = await Desk.open(world);
    const chat = await desk.server.open();
    const asks = agents.map(async (agent) => {
      const session = await desk.create(chat, rulesOf(agent));
      const ask = { type: "ask" as const, ...place(session), agent, model: null, text: "Look." };
      expect(await desk.perform({ ...ask, ...LIMITS })).toMatchObject({ type: "answered" });
      const tools = world.model.calls.find(({ role }) => role === agent)?.tools ?? ["none came"];
      expect(tools.filter((tool) => !["read", "grep", "glob", "list"].includes(tool))).toEqual([]);
    });
    await Promise.all(asks);
    await desk.server.stop();
  });
});
