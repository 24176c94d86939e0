import assert from "node:assert/strict";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { after, before, test } from "node:test";
import { systemClock, systemRandom, systemTimers } from "../event/system-time.ts";
import { Headers } from "../http/header-map.ts";
import { DEFAULT_ASSIGNMENT_POLICY } from "../load-balancer/host-set.ts";
import { eventually, portOf } from "../server/proxy-process-fixture.ts";
import { AsyncClient, type AsyncStreamCallbacks } from "./async-client.ts";
import { requestPromise } from "./async-request.ts";
import { callUnary, type GrpcCall } from "./grpc-unary.ts";
import { RawServer, startCluster } from "./pool-fixture.ts";

const server = new RawServer();
let grpc: Http2Server;
let grpcPort = 0;

before(async () => {
  await server.listen();
  grpc = createServer();
  grpc.on("stream", (stream: ServerHttp2Stream, headers) => {
    const parts: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => parts.push(chunk));
    stream.on("end", () => {
      const path = headers[":path"];
      if (path === "/s/silent") return;
      if (path === "/s/refused") {
        stream.respond(
          { ":status": 200, "grpc-status": "7", "grpc-message": "not%20you" },
          { endStream: true },
        );
        return;
      }
      if (path === "/s/http") {
        stream.respond({ ":status": 503 }, { endStream: true });
        return;
      }
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(path === "/s/garbage" ? Buffer.from("xx") : Buffer.concat(parts));
    });
  });
  await new Promise<void>((resolve) => grpc.listen(0, "127.0.0.1", resolve));
  grpcPort = portOf(grpc.address());
});

after(async () => {
  await server.close();
  await new Promise((resolve) => grpc.close(resolve));
});

const clientOf = ({ manager }: ReturnType<typeof startCluster>): AsyncClient =>
  new AsyncClient({ clusters: manager, clock: systemClock, timers: systemTimers, random: systemRandom });
const head = (method = "GET"): Headers =>
  new Headers([":method", method, ":path", "/a", ":authority", "web", ":scheme", "http"]);
const options = { timeoutMs: 5000, responseBytesMax: 10 };

async function answer(text: string): Promise<string> {
  const index = server.sockets.length - 1;
  const socket = await eventually("the request", () =>
    server.received[index] === "" ? undefined : server.sockets[index],
  );
  socket?.write(text);
  return server.received[index] ?? "";
}

test("a request goes to a host of the cluster and its response comes back whole", async () => {
  const client = clientOf(startCluster(server.port, {}));
  const before = server.sockets.length;
  const sent = requestPromise(client, "web", head("POST"), Buffer.from("abc"), options);
  await eventually("a connection", () => (server.sockets.length > before ? true : undefined));
  const received = await answer("HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok");
  assert.match(received, /^POST \/a HTTP\/1.1\r\nhost: web\r\ncontent-length: 3\r\n\r\nabc$/);
  const response = await sent;
  assert.ok("headers" in response);
  assert.equal(response.headers.get(":status"), "201");
  assert.equal(response.body.toString(), "ok");
});

test("what fails is told: no cluster, no host, no connection, no answer in time, a response too large", async () => {
  const cluster = startCluster(server.port, {});
  const client = clientOf(cluster);
  const failure = async (name: string, timeoutMs = 5000): Promise<unknown> => {
    const result = await requestPromise(client, name, head(), undefined, { ...options, timeoutMs });
    return "failure" in result ? result.failure : result;
  };
  assert.equal(await failure("other"), "cluster not found");
  assert.equal(await failure("web", 30), "timeout");
  assert.deepEqual(cluster.counted(), [0, 0]);
  const before = server.sockets.length;
  const large = failure("web");
  await eventually("a connection", () => (server.sockets.length > before ? true : undefined));
  await answer(`HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n${"x".repeat(11)}`);
  assert.equal(await large, "response too large");
  const dropped = failure("web");
  // It takes the connection that the response before left behind.
  await eventually("the request", () =>
    server.received.at(-1)?.match(/GET/g)?.length === 2 ? true : undefined,
  );
  server.sockets.at(-1)?.destroy();
  assert.equal(await dropped, "connection termination");
  cluster.manager.setHosts("web", [], DEFAULT_ASSIGNMENT_POLICY);
  assert.equal(await failure("web"), "no healthy upstream");
});

test("nobody hears of a request that was cancelled, and its connection is given back", async () => {
  const cluster = startCluster(server.port, {});
  const heard: string[] = [];
  const callbacks: AsyncStreamCallbacks = {
    onHeaders: () => heard.push("headers"),
    onData: () => heard.push("data"),
    onTrailers: () => heard.push("trailers"),
    onFailure: () => heard.push("failure"),
  };
  const before = server.sockets.length;
  const waiting = clientOf(cluster).start("web", head(), callbacks, { timeoutMs: 0 });
  waiting?.endHeaders();
  waiting?.cancel();
  const sent = clientOf(cluster).start("web", head(), callbacks, { timeoutMs: 0 });
  sent?.endHeaders();
  await eventually("the request", () =>
    server.sockets.length > before && server.received.at(-1) !== "" ? true : undefined,
  );
  sent?.cancel();
  await eventually("the connections' end", () => (cluster.host.activeRequests === 0 ? true : undefined));
  assert.deepEqual(heard, []);
});

test("a unary gRPC call gets its message, or its status", async () => {
  const client = clientOf(startCluster(grpcPort, { http2_protocol_options: {} }));
  const call = (path: string, timeoutMs = 5000): Promise<unknown> =>
    new Promise((resolve) => {
      const to: GrpcCall = { cluster: "web", authority: "", path, metadata: [["x-a", "1"]] };
      callUnary(
        client,
        to,
        Buffer.from("hello"),
        {
          onMessage: (message) => resolve(message.toString()),
          onStatus: (status, message) => resolve([status, message]),
        },
        { timeoutMs, responseBytesMax: 100 },
      );
    });
  assert.equal(await call("/s/echo"), "hello");
  assert.deepEqual(await call("/s/refused"), [7, "not you"]);
  assert.deepEqual(await call("/s/http"), [14, "HTTP status 503 without grpc-status"]);
  assert.deepEqual(await call("/s/garbage"), [13, "not one uncompressed message"]);
  assert.deepEqual(await call("/s/silent", 50), [4, "timeout"]);
});
