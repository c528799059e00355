import { describe, expect, test } from "vitest";
import { Head, Tail, withoutTornEnd } from "../../js-shim/src/output.ts";

describe("the end of an output", () => {
  test("is all of it when it fits", () => {
    const tail = new Tail(10);
    tail.push(Buffer.from("héllo"));
    expect(tail.text()).toBe("héllo");
  });

  test("keeps exactly the last bytes, however they came", () => {
    const text = Array.from({ length: 5_000 }, (_, at) => `${at},`).join("");
    for (const size of [1, 7, 100, 4_096]) {
      const tail = new Tail(100);
      for (let at = 0; at < text.length; at += size)
        tail.push(Buffer.from(text.slice(at, at + size)));
      expect(tail.text()).toBe(text.slice(-100));
    }
  });

  test("is never cut within a character", () => {
    for (let limit = 0; limit < 20; limit += 1) {
      const tail = new Tail(limit);
      for (let count = 0; count < 10; count += 1) tail.push(Buffer.from("é€😀"));
      expect(tail.text()).not.toContain("\uFFFD");
      expect(Buffer.byteLength(tail.text())).toBeLessThanOrEqual(limit);
    }
  });
});

describe("the start of an output", () => {
  test("is kept up to the limit, and all of it is counted", () => {
    const head = new Head(4);
    head.push(Buffer.from("abc"));
    head.push(Buffer.from("def"));
    expect([head.bytes().toString(), head.seen]).toEqual(["abcd", 6]);
  });

  test("loses no more than the character that was cut", () => {
    const bytes = Buffer.from("aé€😀");
    const cut = Array.from({ length: bytes.length + 1 }, (_, end) =>
      withoutTornEnd(bytes.subarray(0, end)).toString(),
    );
    expect(cut).toEqual(["", "a", "a", "aé", "aé", "aé", "aé€", "aé€", "aé€", "aé€", "aé€😀"]);
  });
});
