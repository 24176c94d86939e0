import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { waitFor } from "@sluice/harness";
import { enterTurn, leaveTurn } from "../event/turn.ts";
import { SocketConnection } from "./socket-connection.ts";

/** A connection, and all that its peer gets of it. */
async function pair(t: { after(done: () => void): void }, limitBytes = 1 << 20) {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [socket] = (await accepted) as [Socket];
  t.after(() => {
    peer.destroy();
    socket.destroy();
    server.close();
  });
  let got = "";
  peer.setEncoding("latin1").on("data", (text: string) => {
    got += text;
  });
  const closed = once(peer, "close").then(() => got);
  return { connection: new SocketConnection(socket, limitBytes), socket, peer, closed };
}

function turn(action: () => void): void {
  enterTurn();
  action();
  leaveTurn();
}

for (const how of ["flush", "noFlush"] as const) {
  test(`what a turn wrote arrives when a later one closes (${how}), though neither was over`, async (t) => {
    const { connection, closed } = await pair(t);
    turn(() => connection.write("answer", false));
    turn(() => connection.close(how, "test"));
    assert.equal(await closed, "answer");
  });
}

test("a close without flush drops what the same turn wrote", async (t) => {
  const { connection, closed } = await pair(t);
  turn(() => {
    connection.write("answer", false);
    connection.close("noFlush", "test");
  });
  assert.equal(await closed, "");
});

test("output has left when the peer's end is heard", async (t) => {
  const { connection, peer } = await pair(t);
  const ended = new Promise<number>((resolve) => {
    connection.attach({
      onData(_chunk, endStream) {
        if (!endStream) connection.write("answer", false);
        else resolve(connection.bufferedBytes);
      },
      onClose: () => {},
    });
  });
  peer.end("question");
  connection.startReading();
  assert.equal(await ended, 0);
});

test("output of several turns makes nobody stop reading while the kernel takes it", async (t) => {
  const { connection } = await pair(t, 1000);
  let above = 0;
  connection.addWatermarkCallbacks({ onAboveHighWatermark: () => above++, onBelowLowWatermark: () => {} });
  for (let written = 0; written < 10; written++) turn(() => connection.write("x".repeat(400), false));
  assert.equal(above, 0);
  turn(() => connection.write("x".repeat(1001), false));
  assert.equal(above, 1);
});

test("who counts what waits is told when a flush leaves nothing", async (t) => {
  const { connection } = await pair(t);
  let drained = 0;
  connection.drainCallbacks = { onDrained: () => drained++ };
  turn(() => connection.write("one", false));
  turn(() => connection.write("two", false));
  assert.equal(drained, 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(drained, 1);
});

test("nothing is heard of the peer once a close waits for its output", async (t) => {
  const { connection, socket, peer } = await pair(t);
  const heard: string[] = [];
  const asked = new Promise<void>((resolve) => {
    connection.attach({
      onData(chunk) {
        heard.push(chunk.toString());
        turn(() => connection.write("x".repeat(1 << 24), false));
        turn(() => connection.close("flush", "test"));
        resolve();
      },
      onClose: () => {},
    });
  });
  peer.pause();
  peer.write("one");
  connection.startReading();
  await asked;
  peer.write("two");
  await waitFor("the second part to be read", () => socket.bytesRead === 6);
  peer.resume();
  await once(peer, "close");
  assert.deepEqual(heard, ["one"]);
  assert.equal(connection.bytesReceived, 3);
});
