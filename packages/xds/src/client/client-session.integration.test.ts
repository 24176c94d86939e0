import assert from "node:assert/strict";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";
import { test } from "node:test";
import { ClientSession } from "./client-session.ts";

const OPTIONS = { settings: {} };

async function listen(server: Server | ReturnType<typeof createHttp2Server>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a connection is kept alive while the server answers pings, and a stream that ends after it pings no more", async (t) => {
  const server = createHttp2Server();
  let pings = 0;
  server.on("session", (session) => session.on("ping", () => pings++));
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200 });
  });
  const url = await listen(server);
  t.after(() => server.close());
  const session = new ClientSession(url, { intervalMs: 5, timeoutMs: 60_000 }, OPTIONS);
  await session.connected();
  const stream = await session.request("POST", "/", {}, {});
  stream.on("error", () => {});
  while (pings < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  session.abort();
  session.notifyResponseByteRead();
  await new Promise((resolve) => setTimeout(resolve, 30));
});

test("a server that answers no ping loses the connection", async (t) => {
  const sockets = new Set<{ destroy(): void }>();
  // Settings, so that there is a connection, and then nothing more.
  const mute = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  });
  const url = await listen(mute);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  const session = new ClientSession(url, { intervalMs: 5, timeoutMs: 20 }, OPTIONS);
  await session.connected();
  const stream = await session.request("POST", "/", {}, {});
  const failed = new Promise<Error>((resolve) => stream.once("error", resolve));
  assert.match((await failed).message, /answers no ping|cancel/i);
});

test("what is wrong with an address is told", async () => {
  const gone = createServer();
  const url = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
  const session = new ClientSession(url, { intervalMs: 5, timeoutMs: 20 }, OPTIONS);
  await assert.rejects(session.connected(), /ECONNREFUSED/);
});
