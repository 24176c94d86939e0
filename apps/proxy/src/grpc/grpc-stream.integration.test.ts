import assert from "node:assert/strict";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { connect } from "node:net";
import { after, test } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { freePort } from "@sluice/harness";
import { GrpcServiceSchema } from "@sluice/xds/gen/envoy/config/core/v3/grpc_service_pb.js";
import { createClusterStatsIn } from "../cluster/cluster-stats.ts";
import { OwnConnections } from "../cluster/own-connections.ts";
import { eventually, portOf } from "../server/proxy-process-fixture.ts";
import { discardingStats } from "../stats/thread-stats.ts";
import { compileGrpcService, type GrpcTarget } from "./compile-grpc-service.ts";
import { type GrpcHost, GrpcSender } from "./grpc-stream.ts";

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

type Answer = "unavailable" | "503" | "refuse" | "ok";

/** A collector that answers each call as told, the last way for all that follow; `calls`: what each brought. */
async function startCollector(answers: readonly Answer[]) {
  const calls: string[][] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream: ServerHttp2Stream) => {
    const answer = answers[Math.min(calls.length, answers.length - 1)];
    const messages: string[] = [];
    calls.push(messages);
    stream.on("error", () => {});
    let rest = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const end = 5 + rest.readUInt32BE(1);
        messages.push(rest.subarray(5, end).toString());
        rest = rest.subarray(end);
      }
      if (stream.headersSent || messages.length === 0) return;
      if (answer === "refuse") stream.close(7);
      else if (answer === "503") stream.respond({ ":status": 503 }, { endStream: true });
      else if (answer === "unavailable")
        stream.respond({ ":status": 200, "grpc-status": "14" }, { endStream: true });
      else stream.respond({ ":status": 200, "content-type": "application/grpc" });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { calls, port: portOf(server.address()) };
}

function target(retry: JsonObject | undefined): GrpcTarget {
  const policy =
    retry === undefined
      ? {}
      : { retry_policy: { retry_back_off: { base_interval: "0.005s", max_interval: "0.010s" }, ...retry } };
  const json = { envoy_grpc: { cluster_name: "collector" }, ...policy };
  const compiled = compileGrpcService(fromJson(GrpcServiceSchema, json), "grpc_service");
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value;
}

const nothing = discardingStats();
const host = (port: number): GrpcHost => ({
  address: `127.0.0.1:${port}`,
  secure: false,
  open: () =>
    new OwnConnections(nothing.counter("")).open(
      connect(port, "127.0.0.1"),
      createClusterStatsIn(nothing),
      "http2",
    ),
});

function sender(
  kind: "stream" | "unary",
  retry: JsonObject | undefined,
  resolve: () => GrpcHost | undefined,
): GrpcSender {
  const hello = (): Uint8Array => Buffer.from("hello");
  const made = new GrpcSender(target(retry), "/s/m", kind, resolve, kind === "stream" ? hello : undefined);
  closing.push(() => void made.close(0));
  return made;
}

const until = (calls: readonly string[][], count: number): Promise<true> =>
  eventually(
    `${count} calls`,
    () => (calls.length >= count && calls.at(-1)?.length !== 0 ? true : undefined),
    () => JSON.stringify(calls),
  );
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

for (const [condition, answer] of [
  ["unavailable", "unavailable"],
  ["5xx", "503"],
  ["refused-stream", "refuse"],
] as const) {
  test(`a call is made again on ${condition}, as often as its policy says`, async () => {
    const collector = await startCollector([answer]);
    const made = sender("unary", { retry_on: condition, num_retries: 2 }, () => host(collector.port));
    made.send(Buffer.from("spans"));
    await until(collector.calls, 3);
    await settled();
    assert.deepEqual(collector.calls, [["spans"], ["spans"], ["spans"]]);
  });
}

test("a call is made once without a policy, and where the policy is about something else", async () => {
  const collector = await startCollector(["unavailable"]);
  for (const retry of [undefined, { retry_on: "connect-failure,internal", num_retries: 2 }]) {
    sender("unary", retry, () => host(collector.port)).send(Buffer.from("spans"));
  }
  await until(collector.calls, 2);
  await settled();
  assert.equal(collector.calls.length, 2);
});

test("a call is made again where no connection came about", async () => {
  const [gone, collector] = [await freePort(), await startCollector(["ok"])];
  const ports = [gone, gone, collector.port];
  const resolve = (): GrpcHost => host(ports.shift() ?? collector.port);
  sender("unary", { retry_on: "connect-failure", num_retries: 2 }, resolve).send(Buffer.from("spans"));
  await until(collector.calls, 1);
  assert.deepEqual(collector.calls, [["spans"]]);
});

test("what a stream carried before its answer goes out on the next one, behind its first message", async () => {
  const collector = await startCollector(["unavailable", "refuse", "ok"]);
  const made = sender("stream", { retry_on: "unavailable,refused-stream", num_retries: 3 }, () =>
    host(collector.port),
  );
  made.send(Buffer.from("one"));
  await until(collector.calls, 3);
  await eventually("both", () => (collector.calls[2]?.length === 2 ? true : undefined));
  made.send(Buffer.from("two"));
  await eventually("all", () => (collector.calls[2]?.length === 3 ? true : undefined));
  assert.deepEqual(collector.calls[2], ["hello", "one", "two"]);
  assert.equal(collector.calls.length, 3);
});
