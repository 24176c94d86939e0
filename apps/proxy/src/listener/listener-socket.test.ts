import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { AcceptGate } from "./accept-gate.ts";
import { ListenerSocket } from "./listener-socket.ts";
import type { SocketSpec } from "./listener-spec.ts";

const SPEC: SocketSpec = {
  kind: "tcp",
  key: "127.0.0.1:0",
  host: "127.0.0.1",
  port: 0,
  ipv6Only: false,
  backlog: 511,
  reusePort: true,
  keepalive: undefined,
  bypassesOverload: false,
  shared: false,
};

/** Turns of the event loop until as many clients as came at once are accepted. */
async function turnsFor(spec: SocketSpec, clients: number): Promise<number> {
  const accepted: Socket[] = [];
  const socket = await ListenerSocket.listen(spec, (one) => accepted.push(one), new AcceptGate());
  const own = Array.from({ length: clients }, () => connect(socket.port, "127.0.0.1"));
  let turns = 0;
  for (; accepted.length < clients && turns < 10_000; turns++) await setImmediate();
  for (const one of [...own, ...accepted]) one.destroy();
  socket.close();
  assert.equal(accepted.length, clients);
  return turns;
}

test("clients that come at once are accepted several in a turn, where sockets may share the address", async () => {
  assert.ok((await turnsFor({ ...SPEC, reusePort: false }, 64)) >= 64, "one by one");
  // 64 over eight sockets by their ports: that one of them gets 40 does not happen.
  assert.ok((await turnsFor(SPEC, 64)) < 40);
});

test("a backlog of one and an address that is taken", async () => {
  assert.ok((await turnsFor({ ...SPEC, backlog: 1 }, 1)) < 10);
  const first = await ListenerSocket.listen({ ...SPEC, reusePort: false }, () => {}, new AcceptGate());
  await assert.rejects(
    ListenerSocket.listen({ ...SPEC, port: first.port }, () => {}, new AcceptGate()),
    /EADDRINUSE/,
  );
  first.close();
});
