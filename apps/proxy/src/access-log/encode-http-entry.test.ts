import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { ResponseFlag } from "@sluice/extension-api";
import { StreamAccessLogsMessage_HTTPAccessLogEntriesSchema as EntriesSchema } from "@sluice/xds/gen/envoy/service/accesslog/v3/als_pb.js";
import { byteCounts, formatContext } from "../formatter/format-context-fixture.ts";
import { ProtoWriter } from "../grpc/proto-writer.ts";
import { encodeHttpEntry } from "./encode-http-entry.ts";

test("an entry reads back through the generated API as what was logged", () => {
  const writer = new ProtoWriter();
  const context = formatContext({
    request: {
      ":method": "POST",
      ":path": "/caf\xc3\xa9",
      ":authority": "web",
      "x-odd": "\xff!",
      "x-tenant": "a",
    },
    response: { "x-took": "3" },
    streamInfo: {
      responseCode: 503,
      responseFlags: ResponseFlag.UpstreamConnectionFailure | ResponseFlag.DropOverload,
      durationMs: 1250.5,
      bytesReceived: 5,
      bytesSent: 6,
      downstreamBytes: byteCounts(10),
      upstreamBytes: byteCounts(20),
      upstreamCluster: "web",
      upstreamRemoteAddress: "[::1]:8080",
      routeName: "main",
      filterState: new Map<string, unknown>([
        ["team", "caf\xc3\xa9"],
        ["other", { of: "another kind" }],
      ]),
    },
  });
  const extras = {
    requestHeaders: ["x-tenant", "x-odd", "x-none"],
    responseHeaders: ["x-took"],
    responseTrailers: [],
    customTags: [["host", [() => "all"]] as const],
    filterState: ["team", "other", "none"],
  };
  encodeHttpEntry(writer, context, extras);
  encodeHttpEntry(writer, context, extras);
  const { logEntry } = fromBinary(EntriesSchema, writer.finish());
  assert.equal(logEntry.length, 2);
  const [entry] = logEntry;
  assert.equal(entry?.request?.path, "/café");
  assert.equal(entry?.request?.requestMethod, 3);
  const { request, response } = entry ?? {};
  assert.deepEqual(
    [request?.requestBodyBytes, request?.downstreamHeaderBytesReceived, request?.upstreamHeaderBytesSent],
    [5n, 14n, 23n],
  );
  assert.deepEqual(
    [response?.responseBodyBytes, response?.downstreamHeaderBytesSent, response?.upstreamHeaderBytesReceived],
    [6n, 13n, 24n],
  );
  assert.deepEqual(entry?.request?.requestHeaders, { "x-tenant": "a", "x-odd": "!!" });
  assert.deepEqual(entry?.response?.responseHeaders, { "x-took": "3" });
  assert.equal(entry?.response?.responseCode, 503);
  assert.equal(entry?.protocolVersion, 2);
  const common = entry?.commonProperties;
  assert.deepEqual([common?.duration?.seconds, common?.duration?.nanos], [1n, 250_500_000]);
  assert.equal(common?.responseFlags?.upstreamConnectionFailure, true);
  assert.equal(common?.responseFlags?.noRouteFound, false);
  assert.equal(common?.routeName, "main");
  assert.deepEqual([common?.downstreamWireBytesSent, common?.downstreamWireBytesReceived], [11n, 12n]);
  assert.deepEqual([common?.upstreamWireBytesSent, common?.upstreamWireBytesReceived], [21n, 22n]);
  assert.deepEqual(common?.customTags, { host: "all" });
  const { team, ...others } = common?.filterStateObjects ?? {};
  assert.equal(team && anyUnpack(team, StringValueSchema)?.value, "café");
  assert.deepEqual(others, {});
  const upstream = common?.upstreamRemoteAddress?.address;
  assert.equal(upstream?.case === "socketAddress" ? upstream.value.address : undefined, "::1");
});
