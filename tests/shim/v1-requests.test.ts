/** Whose requests get our descriptions of the tools. */
import { expect, onTestFinished, test } from "vitest";
import { V1Requests } from "../../js-shim/src/host/v1-requests.ts";
import { hub } from "../../js-shim/src/hub.ts";

const TOOL = {
  name: "glob",
  description: "Finds files.",
  parameters: { type: "object", properties: { pattern: {}, path: {} } },
};
const LONG = "Fast file pattern matching tool that works with any codebase size";

class Instance {
  busy: string[] = [];
  readonly requests = new V1Requests("/project", async () => this.busy);

  constructor() {
    this.requests.describe([TOOL]);
  }

  /** What a request of this instance would be told of a tool. */
  told(name = "glob", fields: Record<string, unknown> = { path: {}, pattern: {} }) {
    const output = { description: LONG, parameters: { fields }, jsonSchema: undefined };
    this.requests.define(name, output);
    return output;
  }
}

/** A session of ours. */
function ours(session: string): string {
  hub.sessions.add(session);
  onTestFinished(() => void hub.sessions.delete(session));
  return session;
}

test("nothing is changed before a session of ours was asked, and after the last one is gone", async () => {
  const instance = new Instance();
  expect(instance.told().description).toBe(LONG);
  await instance.requests.heard(ours("a"), "planner-spec");
  expect(instance.told()).toMatchObject({
    description: TOOL.description,
    jsonSchema: TOOL.parameters,
  });
  hub.sessions.delete("a");
  expect(instance.told().description).toBe(LONG);
});

test("a message of the person's ends it until all sessions of ours are gone", async () => {
  const instance = new Instance();
  await instance.requests.heard(ours("a"), "planner-spec");
  await instance.requests.heard("theirs", "build");
  await instance.requests.heard(ours("b"), "planner-arch");
  expect(instance.told().description).toBe(LONG);
});

test("who was at work before us keeps what it had", async () => {
  const instance = new Instance();
  instance.busy = ["theirs"];
  await instance.requests.heard(ours("a"), "planner-spec");
  expect(instance.told().description).toBe(LONG);
});

test("a message that comes while we look is not missed", async () => {
  const instance = new Instance();
  const asked = instance.requests.heard(ours("a"), "planner-spec");
  await instance.requests.heard("theirs", "build");
  await asked;
  expect(instance.told().description).toBe(LONG);
});

test("the chat of the command is nobody else", async () => {
  const instance = new Instance();
  hub.turns.set("chat", async () => null);
  onTestFinished(() => void hub.turns.delete("chat"));
  instance.busy = ["chat"];
  await instance.requests.heard("chat", "build");
  await instance.requests.heard("chat", "conductor");
  await instance.requests.heard(ours("a"), "planner-spec");
  expect(instance.told().description).toBe(TOOL.description);
});

test("in a worktree of ours all requests are ours", () => {
  hub.worktrees.add("/project");
  onTestFinished(() => void hub.worktrees.delete("/project"));
  expect(new Instance().told().description).toBe(TOOL.description);
});

test("a tool that takes other arguments is another one", () => {
  hub.worktrees.add("/project");
  onTestFinished(() => void hub.worktrees.delete("/project"));
  const instance = new Instance();
  expect(instance.told("glob", { pattern: {} })).toMatchObject({ description: LONG });
  expect(instance.told("task")).toMatchObject({ description: LONG });
});

test("in the system prompts of our sessions, and nowhere else, the directory stands at the end only", () => {
  const { requests } = new Instance();
  const environment =
    "You are powered by the model named x. The exact model ID is a/x\nHere is some useful information about the environment you are running in:\n<env>\n  Working directory: /w1\n  Workspace root folder: /w1\n  Is directory a git repo: yes\n  Platform: linux\n  Today's date: Fri Nov 20 2026\n</env>";
  const text = `Do one task.\n${environment}\nInstructions from: /project/AGENTS.md\nUse tabs.\nInstructions from: /home/AGENTS.md\nBe kind.`;
  const theirs = [text];
  requests.arrange("theirs", theirs);
  expect(theirs).toEqual([text]);
  const system = [text];
  requests.arrange(ours("a"), system);
  expect(system).toEqual([
    "Do one task.\nInstructions from: AGENTS.md\nUse tabs.\nInstructions from: /home/AGENTS.md\nBe kind.\n\nWorking directory: /w1\nPlatform: linux\nToday's date: Fri Nov 20 2026",
  ]);
  const strange = ["Another OpenCode says it in other words."];
  requests.arrange("a", strange);
  expect(strange).toEqual(["Another OpenCode says it in other words."]);
});
