/** Sessions of OpenCode 1.18, with a client that is none. */
import { expect, onTestFinished, test } from "vitest";
import type { V1Client } from "../../js-shim/src/host/v1-client.ts";
import { V1Sessions } from "../../js-shim/src/host/v1-sessions.ts";
import { hub } from "../../js-shim/src/hub.ts";

interface Request {
  method: string;
  url: string;
  query: { directory?: string };
}

/** Sessions whose requests are answered by their address, and the requests that came. */
function sessionsWith(answers: Record<string, unknown>) {
  const asked: { what: string; directory: string | undefined }[] = [];
  const request = async ({ method, url, query }: Request) => {
    asked.push({ what: `${method} ${url}`, directory: query.directory });
    const data = answers[url];
    if (data === undefined) return { error: { message: "none" }, response: { status: 404 } };
    return { data, response: { status: 200 } };
  };
  const client = { _client: { request } } as unknown as V1Client;
  return { asked, sessions: new V1Sessions(client, "/project") };
}

test.each(["exists", "remove", "turns", "isBusy"] as const)(
  "%s of a session from before does not open its worktree",
  async (method) => {
    const url = "/session/{id}/message";
    const { asked, sessions } = sessionsWith({ "/session/status": {}, [url]: [] });
    await sessions[method]({ session: "s", directory: "/w1" });
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(({ directory }) => directory !== undefined)).toEqual([]);
    hub.worktrees.add("/w1");
    onTestFinished(() => void hub.worktrees.clear());
    await sessions[method]({ session: "s", directory: "/w1" });
    expect(asked.at(-1)?.directory).toBe("/w1");
  },
);

test("a worktree is opened with the configuration of its own project", async () => {
  const { OPENCODE_CONFIG_CONTENT: before } = process.env;
  const seen: (string | undefined)[] = [];
  const request = async ({ url }: Request) => {
    if (url === "/config") seen.push(process.env.OPENCODE_CONFIG_CONTENT);
    return { data: { id: "s" }, response: { status: 200 } };
  };
  const client = { _client: { request } } as unknown as V1Client;
  for (const project of ["/one", "/two"]) hub.worktreeConfigs.set(project, project);
  onTestFinished(() => {
    hub.worktreeConfigs.clear();
    hub.worktrees.clear();
    hub.sessions.clear();
  });
  const purpose = { agent: "implementer", task: "T01", attempt: 1 } as const;
  for (const project of ["/one", "/two", "/one"])
    await new V1Sessions(client, project).create({
      directory: `${project}/w1`,
      parent: "chat",
      title: "T01: work",
      rules: [],
      purpose,
    });
  expect(seen).toEqual(["/one", "/two", "/one"]);
  expect(process.env.OPENCODE_CONFIG_CONTENT).toBe(before);
});

test("what a session is to keep is known until it is removed", async () => {
  const agents = [{ name: "implementer" }];
  const { sessions } = sessionsWith({
    "/agent": agents,
    "/session/{id}/prompt_async": {},
    "/session/status": {},
  });
  onTestFinished(() => void hub.kept.clear());
  const ask = { session: "s", directory: null, agent: "implementer", model: null, text: "Do it." };
  await sessions.send({ ...ask, session: "other" });
  await sessions.send({ ...ask, focus: { keep: "Keep the task.", words: [] } });
  expect([...hub.kept]).toEqual([["s", "Keep the task."]]);
  await sessions.remove({ session: "s", directory: null });
  expect([...hub.kept]).toEqual([]);
});

test("below a chat only sessions of ours are found; a chat that is gone has none", async () => {
  const purpose = { agent: "implementer", task: "T01", attempt: 2 };
  const ours = { id: "a", metadata: { "multi-agent-coder": { ...purpose, directory: "/w1" } } };
  const planner = {
    id: "b",
    metadata: { "multi-agent-coder": { agent: "planner-qa", attempt: 0 } },
  };
  const others = [{ id: "c" }, { id: "d", metadata: { "multi-agent-coder": "?" } }];
  const url = "/session/{id}/children";
  expect(await sessionsWith({ [url]: [ours, ...others, planner] }).sessions.below("chat")).toEqual([
    { session: "a", directory: "/w1", purpose },
    { session: "b", directory: null, purpose: { agent: "planner-qa", task: null, attempt: 0 } },
  ]);
  expect(await sessionsWith({}).sessions.below("chat")).toEqual([]);
});
