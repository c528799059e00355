/** The stream of events, with a client whose streams a test writes. */

import { expect, test } from "vitest";
import { NO_USAGE } from "../../js-shim/src/effects/session/outcome.ts";
import type { SessionEvent } from "../../js-shim/src/host/host.ts";
import type { V1Client } from "../../js-shim/src/host/v1-client.ts";
import { EventStream } from "../../js-shim/src/host/v1-events.ts";
import { until } from "./fake-host.ts";

/** Streams that OpenCode opens, one after the other. */
class Streams {
  readonly opened: { write: (bytes: Uint8Array) => void; end: () => void }[] = [];
  readonly events: EventStream;

  constructor() {
    const request = async () => {
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          this.opened.push({
            write: (bytes) => controller.enqueue(bytes),
            end: () => controller.close(),
          });
        },
      });
      return { data: stream };
    };
    this.events = new EventStream({ _client: { request } } as unknown as V1Client);
  }

  /** Sends an event on the newest stream. */
  send(type: string, properties: Record<string, unknown>): void {
    this.write(frame(type, properties));
  }

  write(bytes: Uint8Array): void {
    this.opened.at(-1)?.write(bytes);
  }
}

function frame(type: string, properties: Record<string, unknown>): Uint8Array {
  const data = JSON.stringify({ directory: "/d", payload: { type, properties } });
  return new TextEncoder().encode(`data: ${data}\n\n`);
}

async function open(): Promise<{ streams: Streams; heard: SessionEvent[] }> {
  const streams = new Streams();
  await until(() => streams.opened.length === 1);
  streams.send("server.connected", {});
  await streams.events.connected();
  const heard: SessionEvent[] = [];
  streams.events.watch("s", (event) => heard.push(event));
  return { streams, heard };
}

test("events of a watched session are heard, and no other's", async () => {
  const { streams, heard } = await open();
  streams.send("session.idle", { sessionID: "other" });
  streams.send("session.idle", { sessionID: "s" });
  await until(() => heard.length > 0);
  expect(heard).toEqual([{ type: "idle" }]);
});

test("an event that comes in pieces, cut through a character, is heard whole", async () => {
  const { streams, heard } = await open();
  const status = { type: "retry", attempt: 2, message: "gebührenpflichtig", next: 5 };
  const bytes = frame("session.status", { sessionID: "s", status });
  const middle = bytes.indexOf(0xc3) + 1;
  streams.write(bytes.subarray(0, middle));
  streams.write(bytes.subarray(middle));
  await until(() => heard.length > 0);
  expect(heard).toEqual([
    { type: "retrying", attempt: 2, next_ms: 5, message: "gebührenpflichtig" },
  ]);
});

test("numbers that are missing or none are not handed on", async () => {
  const { streams, heard } = await open();
  for (const wrong of [{}, { attempt: "x", next: "y" }, { attempt: -1, next: Number.MAX_VALUE }])
    streams.send("session.status", { sessionID: "s", status: { type: "retry", ...wrong } });
  await until(() => heard.length === 3);
  const next_ms = expect.toSatisfy((ms) => Number.isSafeInteger(ms) && ms > 1e12);
  const retrying = { type: "retrying", attempt: 1, next_ms, message: "" };
  expect(heard).toEqual([retrying, retrying, retrying]);
});

test("after the stream broke, a new one is listened to", async () => {
  const { streams, heard } = await open();
  streams.opened[0]?.end();
  await until(() => streams.opened.length === 2);
  streams.send("session.idle", { sessionID: "s" });
  await until(() => heard.length > 0);
});

test("nonsense on the stream is passed over", async () => {
  const { streams, heard } = await open();
  streams.write(new TextEncoder().encode("data: {nonsense\n\n: comment\n\n"));
  streams.send("session.idle", { sessionID: "s" });
  await until(() => heard.length > 0);
  expect(heard).toEqual([{ type: "idle" }]);
});

test("below a watched session its asks count, its end does not", async () => {
  const { streams, heard } = await open();
  streams.send("session.created", { info: { id: "below", parentID: "s" } });
  streams.send("permission.asked", {
    sessionID: "below",
    id: "p",
    permission: "bash",
    patterns: ["rm x"],
  });
  streams.send("session.idle", { sessionID: "below" });
  await until(() => heard.length === 2);
  const ask = { id: "p", kind: "permission", what: "bash rm x" };
  expect(heard).toEqual([{ type: "asked", session: "below", ask }, { type: "sign" }]);
});

test("an answer ended only when it has its time; `unknown` is no reason", async () => {
  const { streams, heard } = await open();
  const info = { id: "m", sessionID: "s", role: "assistant", time: {} };
  streams.send("message.updated", { info });
  streams.send("message.updated", {
    info: { ...info, time: { completed: 1 }, finish: "unknown", tokens: { input: 7 } },
  });
  await until(() => heard.length === 2);
  expect(heard).toEqual([
    { type: "sign" },
    { type: "turn", id: "m", finish: null, usage: { ...NO_USAGE, input_tokens: 7, steps: 1 } },
  ]);
});

test("a tool call counts when it has ended, in sessions below too", async () => {
  const { streams, heard } = await open();
  const said = { output: "it said this", error: "it failed" };
  const send = (session: string, id: string, tool: string, status: string) =>
    streams.send("message.part.updated", {
      sessionID: session,
      part: {
        id,
        sessionID: session,
        type: "tool",
        tool,
        state: { status, input: { a: 1 }, ...said },
      },
    });
  streams.send("session.created", { info: { id: "below", parentID: "s" } });
  send("s", "p1", "bash", "running");
  send("s", "p1", "bash", "completed");
  send("below", "p2", "read", "error");
  send("s", "p3", "invalid", "completed");
  await until(() => heard.length === 4);
  const called = (id: string, tool: string, output: string, isError: boolean) => ({
    type: "called",
    call: { id, tool, input: { a: 1 }, output, isError },
  });
  expect(heard).toEqual([
    { type: "sign" },
    called("p1", "bash", said.output, false),
    called("p2", "read", said.error, true),
    called("p3", "invalid", said.output, true),
  ]);
});

test("the reason of an error has a limit, whatever a provider answers", async () => {
  const { streams, heard } = await open();
  const message = "é".repeat(10_000);
  streams.send("session.error", { sessionID: "s", error: { name: "APIError", data: { message } } });
  await until(() => heard.length === 1);
  const [event] = heard;
  if (event?.type !== "trouble") throw new Error(JSON.stringify(event));
  expect(event.trouble.message).toBe("é".repeat(4_096));
});

test("a provider's own word for an error is told with it", async () => {
  const { streams, heard } = await open();
  const responseBody = JSON.stringify({ error: { message: "no", code: "insufficient_quota" } });
  const data = { message: "You exceeded your quota", statusCode: 429, responseBody };
  streams.send("session.error", { sessionID: "s", error: { name: "APIError", data } });
  await until(() => heard.length === 1);
  const message = "You exceeded your quota (insufficient_quota)";
  expect(heard).toEqual([{ type: "trouble", trouble: { name: "APIError", status: 429, message } }]);
});

test("a summary is told from an answer", async () => {
  const { streams, heard } = await open();
  const info = { id: "m", sessionID: "s", role: "assistant", finish: "stop", summary: true };
  streams.send("message.updated", { info: { ...info, time: { completed: 1 } } });
  await until(() => heard.length === 1);
  expect(heard).toMatchObject([{ type: "turn", finish: "summary" }]);
});
