/** Messages of OpenCode 1.18: whose texts a session holds, and where they differ from what was sent. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  type MessageRecord,
  readSpeech,
  readTexts,
  textPart,
} from "../../js-shim/src/host/v1-messages.ts";
import { asSent } from "./fake-host.ts";

const TEXT = "# T01: Sum ü\n";

function user(...parts: Record<string, unknown>[]): MessageRecord {
  return { info: { id: "m", role: "user" }, parts };
}

const ask = (text = TEXT) => textPart(text, { kind: "ask" });
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("texts of ours are told as they were sent; the model's are left out", () => {
  const nudge = textPart("Stop that.", { kind: "nudge", id: "n" });
  const answer: MessageRecord = { info: { role: "assistant" }, parts: [{ type: "text" }] };
  const [first, second, ...more] = readTexts([user(ask()), answer, user(nudge)], TEXT);
  expect(first).toEqual(asSent(TEXT));
  expect(second).toMatchObject({ origin: { type: "ours", sha256: sha256("Stop that.") } });
  expect(second?.parts).toMatchObject([{ sha256: sha256("Stop that."), differs_at: 0 }]);
  expect(more).toEqual([]);
});

test("a text that others changed is told from where on", () => {
  const changed = { ...ask(), text: `${TEXT.slice(0, -2)}😀 and more of it` };
  const [text] = readTexts([user(changed)], TEXT);
  expect(text?.origin).toEqual({ type: "ours", sha256: sha256(TEXT) });
  expect(text?.parts).toEqual([
    {
      kind: "text",
      sha256: sha256(changed.text),
      bytes: Buffer.byteLength(changed.text),
      differs_at: 11,
      excerpt: "😀 and more of it",
    },
  ]);
  const similar = readTexts([user({ ...ask("😀"), text: "😁" })], "😀");
  expect(similar[0]?.parts).toMatchObject([{ differs_at: 0, excerpt: "😁" }]);
});

test("what others add to a message of ours is told beside it, a system prompt too", () => {
  const message = user(ask(), { type: "text", text: "x".repeat(500) }, { type: "file", url: "u" });
  message.info["system"] = "Be brief.";
  const [text] = readTexts([message], TEXT);
  expect(text?.parts).toMatchObject([
    { kind: "text", excerpt: "" },
    { kind: "text", bytes: 500, differs_at: 0, excerpt: "x".repeat(120) },
    { kind: "file", excerpt: '{"type":"file","url":"u"}' },
    { kind: "system", excerpt: "Be brief." },
  ]);
});

test("OpenCode's own notes are told from texts that others sent", () => {
  const go = { type: "text", text: "Continue", metadata: { compaction_continue: true } };
  const messages = [
    user({ type: "compaction", auto: true }),
    user(go),
    user(go, { type: "text", text: "and this" }),
    user({ type: "text", text: "Hello" }),
    user(),
  ];
  const origins = readTexts(messages, TEXT).map(({ origin }) => origin.type);
  expect(origins).toEqual(["host", "host", "foreign", "foreign", "foreign"]);
});

test("what a session holds is told by whose words it is", () => {
  const answer = (...parts: Record<string, unknown>[]): MessageRecord => ({
    info: { role: "assistant" },
    parts,
  });
  const tool = (state: Record<string, unknown>) => ({ type: "tool", tool: "read", id: "c", state });
  const speech = readSpeech([
    user(ask()),
    answer(
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "I look." },
      tool({ status: "completed", input: {}, output: "1: a" }),
      tool({ status: "error", input: {}, error: "no such file" }),
      tool({ status: "running", input: {} }),
    ),
    user(textPart("Go on.", { kind: "nudge", id: "n" })),
    answer({ type: "reasoning", text: "So." }, { type: "text", text: "# Document" }),
  ]);
  expect(speech).toEqual({
    sent: [TEXT, "Go on."],
    said: ["Hm.", "I look.", "So."],
    last: "# Document",
    outputs: ["1: a", "no such file"],
  });
  expect(readSpeech([])).toEqual({ sent: [], said: [], last: "", outputs: [] });
});
