import assert from "node:assert/strict";
import { test } from "node:test";
import { readReply } from "./read-reply.ts";

const read = (text: string) => readReply(Buffer.from(text, "latin1"));

test("a reply is read to its end, whatever is behind it", () => {
  for (const [text, kind, word] of [
    ["+PONG\r\n", "simple", "PONG"],
    ["-ERR no\r\n", "error", "ERR no"],
    [":0\r\n", "integer", "0"],
    ["$4\r\nPONG\r\n", "bulk", "4"],
    ["hello\r\n", "inline", "ello"],
    ["$-1\r\n", "bulk", "-1"],
    ["*-1\r\n", "array", "-1"],
    ["*2\r\n:0\r\n*1\r\n$2\r\n\r\n\r\n", "array", "2"],
  ] as const) {
    const expected = { value: { kind, text: word }, bytes: text.length };
    assert.deepEqual(read(`${text}more`), expected, JSON.stringify(text));
    for (let length = 0; length < text.length; length++)
      assert.equal(read(text.slice(0, length)), "incomplete", JSON.stringify(text.slice(0, length)));
  }
});

test("what is not the protocol is told at once", () => {
  for (const text of [":x\r\n", "$4\r\nPONG..", "*1\r\n:x\r\n", "*1\r\n".repeat(40), ":1.5\r\n"])
    assert.equal(read(text), "malformed", JSON.stringify(text));
});
