import { networkInterfaces } from "node:os";
import { clone, create } from "@bufbuild/protobuf";
import type { LocalInfo } from "@sluice/extension-api";
import { LocalitySchema, type Node, NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import type { ServerOptions } from "./command-line.ts";
import { SLUICE_VERSION } from "./version.ts";

/** Implemented beside what `extensions/standard.ts` lists. */
const BUILT_IN: readonly (readonly [name: string, category: string, types: readonly string[]])[] = [
  [
    "envoy.access_loggers.file",
    "envoy.access_loggers",
    ["envoy.extensions.access_loggers.file.v3.FileAccessLog"],
  ],
  [
    "envoy.access_loggers.stdout",
    "envoy.access_loggers",
    ["envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"],
  ],
  [
    "envoy.access_loggers.stderr",
    "envoy.access_loggers",
    ["envoy.extensions.access_loggers.stream.v3.StderrAccessLog"],
  ],
  [
    "envoy.access_loggers.http_grpc",
    "envoy.access_loggers",
    ["envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig"],
  ],
  [
    "envoy.access_loggers.tcp_grpc",
    "envoy.access_loggers",
    ["envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig"],
  ],
  [
    "envoy.access_loggers.extension_filters.cel",
    "envoy.access_loggers.extension_filters",
    ["envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"],
  ],
  [
    "envoy.rate_limit_descriptors.expr",
    "envoy.rate_limit_descriptors",
    ["envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor"],
  ],
  ["envoy.tracers.opentelemetry", "envoy.tracers", ["envoy.config.trace.v3.OpenTelemetryConfig"]],
  [
    "envoy.stat_sinks.open_telemetry",
    "envoy.stats_sinks",
    ["envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig"],
  ],
  ["envoy.stat_sinks.metrics_service", "envoy.stats_sinks", ["envoy.config.metrics.v3.MetricsServiceConfig"]],
  [
    "envoy.load_balancing_policies.round_robin",
    "envoy.load_balancing_policies",
    ["envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin"],
  ],
  [
    "envoy.load_balancing_policies.least_request",
    "envoy.load_balancing_policies",
    ["envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest"],
  ],
  [
    "envoy.load_balancing_policies.random",
    "envoy.load_balancing_policies",
    ["envoy.extensions.load_balancing_policies.random.v3.Random"],
  ],
  ["envoy.cluster.static", "envoy.clusters", []],
  ["envoy.cluster.strict_dns", "envoy.clusters", []],
  ["envoy.cluster.logical_dns", "envoy.clusters", []],
  ["envoy.cluster.eds", "envoy.clusters", []],
  ["envoy.cluster.dns", "envoy.clusters", ["envoy.extensions.clusters.dns.v3.DnsCluster"]],
  [
    "envoy.transport_sockets.raw_buffer",
    "envoy.transport_sockets.upstream",
    ["envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"],
  ],
  [
    "envoy.transport_sockets.tls",
    "envoy.transport_sockets.upstream",
    ["envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"],
  ],
  [
    "envoy.upstreams.http.http_protocol_options",
    "envoy.upstream_options",
    ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"],
  ],
];

/** The bootstrap's node with the flags merged over it, and what this build is and can do. */
export function buildNode(
  configured: Node | undefined,
  options: ServerOptions,
  extensions: ExtensionRegistry,
): Node {
  const node = configured === undefined ? create(NodeSchema) : clone(NodeSchema, configured);
  if (options.serviceNode !== "") node.id = options.serviceNode;
  if (options.serviceCluster !== "") node.cluster = options.serviceCluster;
  const described = create(NodeSchema, {
    userAgentName: "sluice",
    userAgentVersionType: {
      case: "userAgentBuildVersion",
      value: {
        version: {
          majorNumber: SLUICE_VERSION.major,
          minorNumber: SLUICE_VERSION.minor,
          patch: SLUICE_VERSION.patch,
        },
        metadata: { "runtime.version": process.version },
      },
    },
    extensions: [
      ...extensions.manifests.map(({ name, category, configTypes, perRouteConfigTypes }) => ({
        name,
        category,
        typeUrls: [...configTypes, ...perRouteConfigTypes],
      })),
      ...BUILT_IN.map(([name, category, typeUrls]) => ({ name, category, typeUrls: [...typeUrls] })),
    ],
  });
  if (options.serviceZone !== "") {
    node.locality ??= create(LocalitySchema);
    node.locality.zone = options.serviceZone;
  }
  node.userAgentName = described.userAgentName;
  node.userAgentVersionType = described.userAgentVersionType;
  node.extensions = described.extensions;
  return node;
}

export function localInfoOf(node: Node): LocalInfo {
  return {
    nodeId: node.id,
    nodeCluster: node.cluster,
    region: node.locality?.region ?? "",
    zone: node.locality?.zone ?? "",
    subZone: node.locality?.subZone ?? "",
    address: localAddress(),
    metadata: node.metadata,
  };
}

/** The first IPv4 address that is not a loopback one, as Envoy takes it. */
function localAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? []) {
      if (family === "IPv4" && !internal) return address;
    }
  }
  return "127.0.0.1";
}
