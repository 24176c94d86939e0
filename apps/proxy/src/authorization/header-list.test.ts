import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Headers } from "../http/header-map.ts";
import { seenHeaders, textOf, validUtf8 } from "./header-list.ts";

const binary = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

describe("headers as an authorization service sees them", () => {
  it("have marks for the octets that are part of no character, and for these alone", () => {
    assert.equal(validUtf8("plain"), "plain");
    assert.equal(validUtf8(binary("é€😀")), binary("é€😀"));
    assert.equal(validUtf8(`${binary("é")}\xff${binary("€").slice(0, 2)}a`), `${binary("é")}!!!a`);
    // Overlong, a surrogate and beyond Unicode.
    assert.equal(validUtf8("\xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80"), "!! !!! !!!!");
    assert.equal(textOf(binary("é\u{1f600}")), "é\u{1f600}");
  });

  it("are joined, or stay as they are", () => {
    const headers = new Headers(["a", "1", "a", "2", "b", "\xff", "hidden", "x", "no", "x"]);
    const lists = { allowed: undefined, disallowed: (name: string) => name === "no" };
    assert.deepEqual(seenHeaders(headers, lists, "hidden", false), [
      ["a", "1,2"],
      ["b", "!"],
    ]);
    assert.deepEqual(seenHeaders(headers, lists, "hidden", true), [
      ["a", "1"],
      ["a", "2"],
      ["b", "\xff"],
    ]);
  });
});
