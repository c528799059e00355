import { expect, test } from "vitest";
import { performTimer } from "../../js-shim/src/effects/timer.ts";
import type { RepositoryPlace } from "../../js-shim/src/paths.ts";
import { never } from "./world.ts";

const PLACE: RepositoryPlace = { root: "/", person_directory: "/", state: "/", common: null };

test("a wait takes its time", async () => {
  const started = performance.now();
  const outcome = await performTimer(PLACE, { type: "sleep", duration_ms: 60 }, never);
  expect(outcome).toEqual({ type: "elapsed" });
  expect(performance.now() - started).toBeGreaterThan(55);
});

test("a wait longer than setTimeout can do is no short one, and is aborted", async () => {
  const abort = new AbortController();
  const duration_ms = 2 ** 31 + 5;
  setTimeout(() => abort.abort(), 50);
  const started = performance.now();
  const outcome = await performTimer(PLACE, { type: "sleep", duration_ms }, abort.signal);
  expect(outcome).toEqual({ type: "aborted" });
  expect(performance.now() - started).toBeGreaterThan(45);
});

test("a wait that is aborted before it begins ends at once", async () => {
  const outcome = await performTimer(
    PLACE,
    { type: "sleep", duration_ms: 60_000 },
    AbortSignal.abort(),
  );
  expect(outcome).toEqual({ type: "aborted" });
});
