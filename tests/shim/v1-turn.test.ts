/** A chat's turn, with a client that is none. */

import { expect, onTestFinished, test, vi } from "vitest";
import type { V1Client } from "../../js-shim/src/host/v1-client.ts";
import { V1Turn } from "../../js-shim/src/host/v1-turn.ts";
import type { StreamPart } from "../../js-shim/src/hub.ts";
import { FakeHost } from "./fake-host.ts";

const ENTRY = { id: 7, title: "T01: greet", agent: "implementer", session: "s1" };

/** A turn, what it emitted, and the requests it made. */
function make(messages: () => Promise<unknown>) {
  const parts: StreamPart[] = [];
  const patches: unknown[] = [];
  const request = async ({ method, body }: { method: string; body: unknown }) => {
    if (method === "PATCH") patches.push(body);
    return { data: method === "GET" ? await messages() : {}, response: { status: 200 } };
  };
  const client = { _client: { request } } as unknown as V1Client;
  const turn = new V1Turn(new FakeHost(), client, "chat", (part) => parts.push(part));
  return { turn, parts, patches };
}

function written(parts: StreamPart[]): unknown {
  const callID = parts[0]?.["toolCallId"];
  return [{ parts: [{ id: "p", messageID: "m", callID, state: { status: "running" } }] }];
}

test("a line is linked to its session, then closed, then the turn ends", async () => {
  const made = make(async () => written(made.parts));
  made.turn.open(ENTRY);
  made.turn.close(ENTRY.id, true, "done");
  made.turn.end(null);
  expect(await made.turn.ended).toBeNull();
  expect(made.patches).toEqual([
    expect.objectContaining({
      state: expect.objectContaining({ metadata: { sessionId: "s1", parentSessionId: "chat" } }),
    }),
  ]);
  expect(made.parts.map(({ type }) => type)).toEqual(["tool-call", "tool-result"]);
});

test("every part that runs a tool says that the provider ran it", async () => {
  const made = make(async () => written(made.parts));
  made.turn.open(ENTRY);
  made.turn.end("stopped");
  await made.turn.ended;
  expect(made.parts).toHaveLength(2);
  for (const part of made.parts) expect(part).toMatchObject({ providerExecuted: true });
  expect(made.parts[1]).toMatchObject({ isError: true, result: "stopped" });
});

test("a link that comes too late does not undo the result", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let answer: (messages: unknown) => void = () => undefined;
  const made = make(() => new Promise((resolve) => (answer = resolve)));
  made.turn.open(ENTRY);
  made.turn.close(ENTRY.id, true, "done");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(made.parts.map(({ type }) => type)).toEqual(["tool-call", "tool-result"]);
  answer(written(made.parts));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(made.patches).toEqual([]);
});

test("after its end nothing is emitted", async () => {
  const made = make(async () => []);
  made.turn.say("one");
  made.turn.end(null);
  made.turn.say("two");
  made.turn.open(ENTRY);
  made.turn.close(ENTRY.id, true, "x");
  made.turn.end("again");
  expect(await made.turn.ended).toBeNull();
  expect(made.parts.map(({ type }) => type)).toEqual(["text-start", "text-delta", "text-end"]);
});

test("a host that fails costs the link, not the turn", async () => {
  const made = make(() => Promise.reject(new Error("no")));
  made.turn.open(ENTRY);
  made.turn.end(null);
  expect(await made.turn.ended).toBeNull();
});
