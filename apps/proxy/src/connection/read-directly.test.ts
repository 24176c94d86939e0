import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
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
  readDirectly(reader, (chunk) => {
    chunks.push(chunk);
    if (chunks.length % 3 !== 0) return;
    reader.pause();
    setTimeout(() => reader.resume(), 1);
  });
  writer.end(sent);
  await once(reader, "end");
  assert.ok(Buffer.concat(chunks).equals(sent));
  await close();
});

test("a reader that stays paused stops the writer instead of keeping everything", async () => {
  const { reader, writer, close } = await socketPair();
  readDirectly(reader, () => reader.pause());
  writer.write(Buffer.alloc(64_000_000));
  const limit = reader.readableHighWaterMark + 65_536;
  await waitFor("the stream to be full", () => reader.readableLength >= reader.readableHighWaterMark);
  assert.ok(reader.readableLength <= limit, `${reader.readableLength} bytes are kept`);
  await close();
});
