import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { waitFor } from "@sluice/harness";
import { accountForRead, keepRead, lend } from "./read-memory.ts";
import { SocketConnection } from "./socket-connection.ts";

let server: Server;
before(async () => {
  server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
after(() => server.close());

interface Pair {
  readonly far: Socket;
  readonly near: SocketConnection;
}

const sockets: Socket[] = [];
after(() => {
  for (const socket of sockets) socket.destroy();
});

async function pair(): Promise<Pair> {
  const accepted = once(server, "connection");
  const far = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [socket] = (await accepted) as [Socket];
  sockets.push(far, socket);
  return { far, near: new SocketConnection(socket, 1 << 20) };
}

/** Never the same at two places a slab apart. */
function pattern(bytes: number, seed = 0): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) buffer.writeUInt32LE((at * 2_654_435_761 + seed) >>> 0, at);
  return buffer;
}

/** What arrives at `far`, read with pauses so that the writer gets ahead of it. */
function collect(far: Socket, slowly: boolean): Buffer[] {
  const chunks: Buffer[] = [];
  far.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (!slowly || chunks.length % 7 !== 0) return;
    far.pause();
    setTimeout(() => far.resume(), 2);
  });
  return chunks;
}

/** Passes on what `from` reads to `to`, as proxies do, each held back by the other. */
function join(from: Pair, to: Pair, seen?: (chunk: Buffer) => void): void {
  to.near.addWatermarkCallbacks({
    onAboveHighWatermark: () => from.near.readDisable(true),
    onBelowLowWatermark: () => from.near.readDisable(false),
  });
  from.near.attach({
    onData(chunk, endStream) {
      accountForRead();
      lend(chunk);
      seen?.(chunk);
      to.near.write(chunk, endStream);
    },
    onClose: () => {},
  });
  from.near.startReading();
}

for (const slowly of [false, true]) {
  test(`what passes through a proxy arrives as it was, ${slowly ? "however slowly it is taken" : "from memory that is used again"}`, async () => {
    const from = await pair();
    const to = await pair();
    const memories = new Set<ArrayBufferLike>();
    let large = 0;
    join(from, to, (chunk) => {
      if (chunk.length <= 65_536) return;
      large++;
      memories.add(chunk.buffer);
    });
    const chunks = collect(to.far, slowly);
    const sent = pattern(24_000_000);
    from.far.end(sent);
    await once(to.far, "end");
    assert.ok(Buffer.concat(chunks).equals(sent));
    if (!slowly && large > 20) assert.ok(memories.size < large, `${memories.size} memories, ${large} reads`);
  });
}

test("who keeps what is written as well keeps it unchanged", async () => {
  const from = await pair();
  const to = await pair();
  const kept: Buffer[] = [];
  join(from, to, (chunk) => {
    keepRead();
    kept.push(chunk);
  });
  const chunks = collect(to.far, false);
  const sent = pattern(8_000_000);
  from.far.end(sent);
  await once(to.far, "end");
  assert.ok(Buffer.concat(chunks).equals(sent));
  assert.ok(Buffer.concat(kept).equals(sent));
});

test("who neither accounts for input nor writes it keeps it unchanged", async () => {
  const { far, near } = await pair();
  const kept: Buffer[] = [];
  let ended = false;
  near.attach({
    onData(chunk, endStream) {
      kept.push(chunk);
      ended = endStream;
    },
    onClose: () => {},
  });
  near.startReading();
  const sent = pattern(8_000_000);
  far.end(sent);
  await waitFor("the end", () => ended);
  assert.ok(Buffer.concat(kept).equals(sent));
});

test("more sockets than slabs take turns with them", async () => {
  const all: { from: Pair; to: Pair; chunks: Buffer[]; sent: Buffer }[] = [];
  for (let seed = 0; seed < 80; seed++) {
    const from = await pair();
    const to = await pair();
    join(from, to);
    all.push({ from, to, chunks: collect(to.far, seed % 3 === 0), sent: pattern(600_000, seed) });
  }
  const ends = all.map(({ to }) => once(to.far, "end"));
  for (const { from, sent } of all) from.far.write(sent);
  for (const { from, sent } of all) from.far.end(sent);
  await Promise.all(ends);
  for (const { chunks, sent } of all) assert.ok(Buffer.concat(chunks).equals(Buffer.concat([sent, sent])));
});
