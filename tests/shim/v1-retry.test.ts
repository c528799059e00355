/** OpenCode runs a turn again whose error looks like passing trouble; none of ours may. */

import { expect, test } from "vitest";
import { unretryable } from "../../js-shim/src/host/v1-retry.ts";

/** Words that are known to make OpenCode try again, in a sentence and alone. */
const WORDS = [
  "429",
  "HTTP 503",
  "Rate limit",
  "rate_limit_exceeded",
  "Too Many Requests",
  "Overloaded",
  "Internal Server Error",
  "service unavailable",
  "timeout",
  "connection timed out",
  "network error",
  "ECONNRESET",
  "socket hang up",
  "fetch failed",
  "Try again later",
  "try again in 5 s",
  "resource_exhausted",
];
/** As in OpenCode, in short. */
const RETRIED =
  /429|5\d\d|rate.?limit|too many requests|overloaded|internal.?(server.?)?error|unavailable|^timeout$|connection (timeout|timed out)|network.error|econn|socket hang up|fetch failed|try again (later|in\b)|exhausted/i;

test.each(WORDS)("%j is no reason to run a turn again", (word) => {
  expect(word).toMatch(RETRIED);
  for (const text of [word, word.toUpperCase()]) expect(unretryable(text)).not.toMatch(RETRIED);
  const sentence = `The gate said: ${word} (twice: ${word}).`;
  expect(unretryable(sentence)).not.toMatch(RETRIED);
  expect(unretryable(sentence).replaceAll("\u2060", "")).toBe(sentence);
});

test("other text stays as it is, and a second pass changes nothing", () => {
  expect(unretryable("T01 failed: 3 tests, see tasks/T01.notes.md")).not.toContain("\u2060");
  const once = unretryable("503 internal server error, try again later");
  expect(unretryable(once)).toBe(once);
});
