import assert from "node:assert/strict";
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { apiRegistry } from "@sluice/xds";
import { TransportSocketSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { DownstreamTlsContextSchema } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { standardExtensions } from "../../extensions/standard.ts";
import { createValidationContext } from "../../server/validation-context.ts";
import { discardingStats } from "../../stats/thread-stats.ts";
import { compileDownstreamTransportSocket } from "../compile-downstream-transport-socket.ts";
import type { DownstreamTransportSocket } from "../downstream-transport-socket.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A `DownstreamTlsContext` in JSON, made ready; what is wrong with it fails the test. */
export function compileDownstream(config: object): DownstreamTransportSocket {
  const compiled = compile(config);
  assert.ok(compiled.ok, JSON.stringify(compiled));
  assert.ok(compiled.value);
  return compiled.value;
}

/** The problems that a `DownstreamTlsContext` in JSON is refused for, one a line; "" when it is taken. */
export function downstreamRefusalOf(config: object): string {
  const compiled = compile(config);
  return compiled.ok ? "" : compiled.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
}

function compile(config: object): ReturnType<typeof compileDownstreamTransportSocket> {
  const message = fromJson(DownstreamTlsContextSchema, asJson(config), { registry: apiRegistry() });
  const socket = create(TransportSocketSchema, {
    name: "envoy.transport_sockets.tls",
    configType: { case: "typedConfig", value: anyPack(DownstreamTlsContextSchema, message) },
  });
  const worker = createValidationContext({
    concurrency: 1,
    runtime: {
      integer: (_key, fallback) => fallback,
      boolean: (_key: string, fallback: boolean) => fallback,
      double: (_key, fallback) => fallback,
      featureEnabled: () => false,
    },
    log: quiet,
    localInfo: { nodeId: "n", nodeCluster: "c", region: "", zone: "", subZone: "", address: "10.0.0.1" },
    clusters: { has: () => false },
    extensions: standardExtensions(),
  });
  return compileDownstreamTransportSocket(socket, "transport_socket", {
    worker,
    stats: discardingStats(),
    onClose: () => {},
  });
}

/** Tests write their configuration as JSON. */
function asJson(config: object): JsonObject {
  return config as JsonObject;
}
