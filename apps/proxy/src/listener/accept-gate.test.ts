import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { AcceptGate } from "./accept-gate.ts";

test("connections wait for the gate in order, as many as the queue holds", async () => {
  const gate = new AcceptGate();
  const taken: Socket[] = [];
  const queue = gate.queue((socket) => taken.push(socket));
  const held: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    held.push(socket);
    queue.hold(socket, 2);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const clients: Socket[] = [];
  for (let index = 0; index < 3; index++) {
    const client = connect(port, "127.0.0.1");
    client.on("error", () => {});
    clients.push(client);
    await once(server, "connection");
  }
  try {
    gate.set(true);
    assert.equal(gate.closed, true);
    assert.deepEqual(
      held.map((socket) => socket.destroyed),
      [false, false, true],
    );
    gate.set(false);
    assert.deepEqual(taken, held.slice(0, 2));
    const [first] = held;
    assert.ok(first !== undefined);
    queue.hold(first, 2);
    queue.close();
    assert.equal(first.destroyed, true);
    gate.set(true);
    gate.set(false);
    assert.equal(taken.length, 2);
  } finally {
    for (const socket of [...held, ...clients]) socket.destroy();
    server.close();
  }
});
