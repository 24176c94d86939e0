import assert from "node:assert/strict";
import { type ClientHttp2Stream, connect, constants } from "node:http2";
import { type TestContext, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { DiscoveryRequestSchema } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { MutableSource, RecordingObserver, resource, startXdsServer, until } from "../testing/xds-fixture.ts";
import { TYPE_URLS } from "../type-urls.ts";
import type { XdsServerOptions } from "./index.ts";

const { cluster } = TYPE_URLS;
const ADS = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";

function framed(id: string): Buffer {
  const request = create(DiscoveryRequestSchema, { node: { id }, typeUrl: cluster });
  const bytes = toBinary(DiscoveryRequestSchema, request);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

async function start(context: TestContext, options: Partial<XdsServerOptions>, initialWindowSize = 65_535) {
  const source = new MutableSource();
  const observer = new RecordingObserver();
  const altStatName = "x".repeat(200_000);
  source.set("1", { [cluster]: [resource("large", ClusterSchema, { name: "large", altStatName })] });
  const server = await startXdsServer({ source, observer, ...options });
  const session = connect(`http://127.0.0.1:${server.port}`, { settings: { initialWindowSize } });
  session.on("error", () => {});
  context.after(async () => {
    session.destroy();
    await server.close();
  });
  const call = (bytes?: Buffer): ClientHttp2Stream => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: ADS,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => {});
    if (bytes !== undefined) stream.write(bytes);
    return stream;
  };
  return { observer, server, call };
}

function reset(stream: ClientHttp2Stream): Promise<number | undefined> {
  return new Promise((resolve) => stream.once("close", () => resolve(stream.rstCode)));
}

function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
  return new Promise((resolve) => {
    stream.once("response", (headers) => {
      if (headers["grpc-status"] !== undefined) resolve(headers["grpc-status"]);
    });
    stream.once("trailers", (trailers) => resolve(trailers["grpc-status"]));
    stream.once("close", () => resolve("reset"));
    stream.resume();
  });
}

test("a node that does not read its response loses the stream", async (t) => {
  const { observer, call } = await start(t, { readDeadlineMs: 100 }, 1_000);
  const stream = call(framed("slow")).pause();
  await until("the response", () => observer.lines.includes("sent Cluster large"));
  assert.equal(await reset(stream), constants.NGHTTP2_CANCEL);
  await until("the end", () => observer.lines.some((line) => line.startsWith("closed")));
});

test("a stream that says nothing, or half a request, is reset; one that has said all stays", async (t) => {
  const { observer, call } = await start(t, { requestDeadlineMs: 300 });
  const whole = call(framed("whole"));
  whole.resume();
  const [silent, half] = [call(), call(framed("half").subarray(0, 9))];
  assert.deepEqual(await Promise.all([reset(silent), reset(half)]), [
    constants.NGHTTP2_CANCEL,
    constants.NGHTTP2_CANCEL,
  ]);
  assert.equal(whole.closed, false);
  assert.deepEqual(
    observer.streams.map(({ node }) => node.id),
    ["whole"],
  );
});

test("one peer has so many streams, whatever nodes it says it is", async (t) => {
  const { call, server } = await start(t, { maxStreamsPerPeer: 3 });
  const first = [1, 2, 3].map((number) => call(framed(`node-${number}`)));
  for (const stream of first) stream.resume();
  await until("three streams", () => server.xds.streams().length === 3);
  assert.equal(await statusOf(call(framed("node-4"))), "8");
  first[0]?.close();
  await until("two streams", () => server.xds.streams().length === 2);
  call(framed("node-5")).resume();
  await until("three streams again", () => server.xds.streams().length === 3);
});
