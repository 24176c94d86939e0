import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { waitFor } from "@sluice/harness";
import { systemTimers } from "../../event/system-time.ts";
import { RedisProbe } from "./redis-probe.ts";

const sockets = new Set<Socket>();
const asked: string[] = [];
/** What comes in answer to the next command. */
let reply = "";
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
  socket.on("data", (chunk) => {
    asked.push(chunk.toString());
    socket.write(reply);
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
after(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

function probe(
  key: string,
  given: { reuse?: boolean; connect?: () => Socket; connectTimeoutMs?: number } = {},
) {
  const seen: string[] = [];
  const counts = { connections: 0, requests: 0, unconnected: 0, broken: 0 };
  const checked = new RedisProbe({
    check: { kind: "redis", key },
    reuse: given.reuse ?? true,
    connectTimeoutMs: given.connectTimeoutMs ?? 5_000,
    timers: systemTimers,
    connect: given.connect ?? (() => connect(port, "127.0.0.1")),
    sink: {
      onSuccess: () => seen.push("success"),
      onFailure: (failure) => seen.push(failure),
    },
    counts: {
      onConnection: (change) => {
        counts.connections += change;
      },
      onRequest: (change) => {
        counts.requests += change;
      },
      onConnectFailure: () => counts.unconnected++,
      onProtocolError: () => counts.broken++,
    },
  });
  after(() => checked.close());
  const check = async (answer: string): Promise<string | undefined> => {
    reply = answer;
    const before = seen.length;
    checked.start();
    await waitFor("an outcome", () => seen.length > before);
    return seen.at(-1);
  };
  return { checked, check, counts, seen };
}

test("PING is answered by PONG, over the same connection each time", async () => {
  const { check, counts } = probe("");
  assert.equal(await check("+PONG\r\n"), "success");
  assert.equal(await check("+OTHER\r\n"), "active");
  assert.equal(await check("PONG\r\n"), "active");
  assert.equal(await check("-CLUSTERDOWN Hash slot not served\r\n"), "network");
  assert.equal(await check("-MOVED 1 127.0.0.1:1\r\n"), "success");
  assert.deepEqual(asked.splice(0), Array(5).fill("*1\r\n$4\r\nPING\r\n"));
  assert.equal(sockets.size, 1);
  assert.deepEqual(counts, { connections: 1, requests: 0, unconnected: 0, broken: 0 });
});

test("a key that exists is a failure; its name may have any letters", async () => {
  const { check } = probe("Schlüssel");
  assert.equal(await check(":0\r\n"), "success");
  assert.equal(await check(":1\r\n"), "active");
  assert.equal(asked.splice(0)[0], "*2\r\n$6\r\nEXISTS\r\n$10\r\nSchlüssel\r\n");
});

test("what is not the protocol, or comes unasked, costs the connection", async () => {
  const { check, counts, seen } = probe("");
  assert.equal(await check(":x\r\n"), "network");
  assert.equal(counts.connections, 0);
  assert.equal(await check("+PONG\r\n"), "success");
  for (const socket of sockets) socket.write("+PONG\r\n");
  await waitFor("the connection's end", () => counts.connections === 0);
  assert.deepEqual([counts.broken, seen], [2, ["network", "success"]]);
  assert.equal(await check("+PONG\r\n+PONG\r\n"), "network");
  assert.equal(await check(`$70000\r\n${"x".repeat(66_000)}`), "network");
});

test("without reuse each check has a connection of its own, and a given up one is over", async () => {
  const { check, checked, counts, seen } = probe("", { reuse: false });
  assert.equal(await check("+PONG\r\n"), "success");
  assert.equal(counts.connections, 0);
  reply = "";
  checked.start();
  assert.deepEqual([counts.connections, counts.requests], [1, 1]);
  checked.abandon();
  assert.deepEqual([counts.connections, counts.requests, seen.length], [0, 0, 1]);
});

test("a connection that does not stand in time is a failure of the network", async () => {
  const { check, counts } = probe("", {
    connectTimeoutMs: 20,
    connect: () => {
      const socket = connect(port, "127.0.0.1");
      // It never tells that it is there.
      socket.emit = () => true;
      return socket;
    },
  });
  assert.equal(await check(""), "network");
  assert.equal(counts.unconnected, 1);
});
