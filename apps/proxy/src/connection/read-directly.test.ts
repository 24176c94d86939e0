import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { waitFor } from "@sluice/harness";
import { readDirectly } from "./read-directly.ts";

async function socketPair(): Promise<{ reader: Socket; writer: Socket; close(): Promise<void> }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection");
  const writer = connect(port, "127.0.0.1");
  const [reader] = (await accepted) as [Socket];
  const close = async (): Promise<void> => {
    writer.destroy();
    reader.destroy();
    server.close();
    await once(server, "close");
  };
  return { reader, writer, close };
}

test("bytes arrive whole and in order, however often the reader pauses, and the end comes behind them", async () => {
  const { reader, writer, close } = await socketPair();
  const sent = Buffer.alloc(3_000_000, "0123456789abcdefghijklm");
  const chunks: Buffer[] = [];
  readDirectly(reader, {
    readMemory: undefined,
    receive(chunk) {
      chunks.push(chunk);
      if (chunks.length % 3 !== 0) return;
      reader.pause();
      setTimeout(() => reader.resume(), 1);
    },
  });
  writer.end(sent);
  await once(reader, "end");
  assert.ok(Buffer.concat(chunks).equals(sent));
  await close();
});

test("a reader that pauses gets nothing more, and the writer keeps the rest", async () => {
  const { reader, writer, close } = await socketPair();
  let chunks = 0;
  readDirectly(reader, {
    readMemory: undefined,
    receive() {
      chunks++;
      reader.pause();
    },
  });
  writer.write(Buffer.alloc(64_000_000));
  await waitFor("the first chunk", () => chunks > 0);
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  assert.equal(chunks, 1);
  assert.equal(reader.readableLength, 0);
  assert.ok(writer.writableLength > 0);
  await close();
});

test("bytes that were put back come before those that are read", async () => {
  const { reader, writer, close } = await socketPair();
  reader.pause();
  reader.unshift(Buffer.from("first "));
  let text = "";
  readDirectly(reader, {
    readMemory: undefined,
    receive(chunk) {
      text += chunk.toString();
    },
  });
  writer.end("second");
  reader.resume();
  await once(reader, "end");
  assert.equal(text, "first second");
  await close();
});
