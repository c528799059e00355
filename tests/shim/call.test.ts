/** What a tool call brought into its session. */
import { expect, test } from "vitest";
import { touchedBy } from "../../js-shim/src/effects/session/call.ts";

const NONE: ReadonlySet<string> = new Set();

function touched(input: unknown, output = "", words = NONE, directory: string | null = "/w1") {
  return touchedBy({ id: "c", tool: "read", input, output, isError: false }, directory, words);
}

test("files are told from the session's directory on, and whole when they lie elsewhere", () => {
  const paths = (path: unknown, directory?: null) =>
    touched({ filePath: path }, "", NONE, directory ?? "/w1").paths;
  expect(paths("/w1/src/a.js")).toEqual(["src/a.js"]);
  expect(paths("src/../src/a.js")).toEqual(["src/a.js"]);
  expect(paths("/w1")).toEqual(["."]);
  expect(paths("/w10/a.js")).toEqual(["/w10/a.js"]);
  expect(paths("../a.js")).toEqual(["/a.js"]);
  expect(paths("..a.js")).toEqual(["..a.js"]);
  expect(touched({ path: "src" }, "", NONE, null).paths).toEqual(["src"]);
  for (const none of [undefined, null, "", 7]) expect(paths(none)).toEqual([]);
  for (const input of [null, "text", 7, []]) expect(touched(input).paths).toEqual([]);
});

test("a patch names its files, each once, and no more than 20 of them", () => {
  const patch = (...names: string[]) => ({
    patchText: `*** Begin Patch\n${names.map((name) => `*** Update File: ${name}\n@@\n-a\n+b\n`).join("")}*** Add File: new.js\n+x\n*** End Patch`,
  });
  expect(touched(patch("a.js", "a.js")).paths).toEqual(["a.js", "new.js"]);
  expect(touched(patch("a.js\n*** Move to: b.js")).paths).toEqual(["a.js", "b.js", "new.js"]);
  const many = Array.from({ length: 30 }, (_, nth) => `f${nth}.js`);
  expect(touched(patch(...many)).paths).toHaveLength(20);
});

test("sizes are in bytes, and words count when they stand alone", () => {
  const words = new Set(["T02", "auth-2"]);
  expect(touched({ a: "ü" }, "T02, T021 and xT02: auth-2! ü\nT02", words)).toEqual({
    paths: [],
    input_bytes: 10,
    output_bytes: 34,
    words: ["T02", "auth-2"],
  });
  expect(touched({}, "T02-x t02", words).words).toEqual([]);
});
