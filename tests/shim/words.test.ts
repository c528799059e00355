import { describe, expect, test } from "vitest";
import { unwrap } from "../../js-shim/src/host/v1-plugin.ts";

describe("the words of a command", () => {
  test.each([
    ["feature.md", "feature.md"],
    [' "a feature" ', "a feature"],
    [String.raw`"say \"hi\" twice"`, 'say "hi" twice'],
    ['--new "a feature"', "--new a feature"],
    ["--new feature.md", "--new feature.md"],
    ["--allow-red", "--allow-red"],
    ['say "hi there" and "bye now"', 'say "hi there" and "bye now"'],
    ['"hi there" and "bye now"', '"hi there" and "bye now"'],
  ])("%s", (given, read) => {
    expect(unwrap(given)).toBe(read);
  });
});
