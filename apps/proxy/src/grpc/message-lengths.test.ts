import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageLengths } from "./message-lengths.ts";

const message = (length: number): Buffer => {
  const framed = Buffer.alloc(5 + length, 0xff);
  framed[0] = 0;
  framed.writeUInt32BE(length, 1);
  return framed;
};

test("a message that is too long is found however the bytes are cut", () => {
  const bytes = Buffer.concat([message(0), message(300), message(10), message(301)]);
  for (const size of [1, 2, 7, 64, bytes.length]) {
    const lengths = new MessageLengths(300);
    let foundAt = -1;
    for (let at = 0; at < bytes.length && foundAt < 0; at += size) {
      if (lengths.exceeds(bytes.subarray(at, at + size))) foundAt = at;
    }
    // The last octet of the last message's prefix.
    const prefixEnd = bytes.length - 302;
    assert.ok(foundAt <= prefixEnd && foundAt + size > prefixEnd, `pieces of ${size}`);
  }
});

test("messages within the limit pass", () => {
  const lengths = new MessageLengths(300);
  for (let i = 0; i < 3; i++) assert.equal(lengths.exceeds(message(300)), false);
});
