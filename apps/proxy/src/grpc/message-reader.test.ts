import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageReader } from "./message-reader.ts";

const frame = (text: string, flags = 0): Buffer =>
  Buffer.from([flags, 0, 0, 0, text.length, ...Buffer.from(text)]);

test("messages are the same however their bytes are cut", () => {
  const bytes = Buffer.concat([frame("one"), frame(""), frame("three")]);
  for (let size = 1; size <= bytes.length; size++) {
    const seen: string[] = [];
    const reader = new MessageReader(5, (message) => seen.push(message.toString()));
    for (let at = 0; at < bytes.length; at += size) assert.ok(reader.read(bytes.subarray(at, at + size)));
    assert.deepEqual(seen, ["one", "", "three"], `pieces of ${size}`);
  }
});

test("a compressed message and one that is too long end the reading before they are there", () => {
  const reader = (): MessageReader => new MessageReader(5, () => assert.fail("a message"));
  assert.ok(!reader().read(frame("a", 1).subarray(0, 5)));
  assert.ok(!reader().read(frame("longer").subarray(0, 5)));
});
