import type { Message } from "@bufbuild/protobuf";
import type { Compiled, Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import { type Cluster, ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { UpstreamTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { ExtensionRegistry } from "../extensions/extension-registry.ts";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";
import { thresholdsOf } from "./circuit-breaker.ts";
import type { ClusterConfig, Discovery, UpstreamTlsConfig } from "./cluster-config.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";
import { compileCommonLb } from "./compile-common-lb.ts";
import { compileDiscovery } from "./compile-discovery.ts";
import { compileEndpoints, EMPTY_ASSIGNMENT, type LoadAssignment } from "./compile-endpoints.ts";
import { compileHttpOptions } from "./compile-http-options.ts";
import { compileLoadBalancer } from "./compile-load-balancer.ts";
import { compileUpstreamTls } from "./compile-upstream-tls.ts";
import { durationMs } from "./duration-ms.ts";

export interface CompiledCluster {
  readonly config: ClusterConfig;
  /** `load_assignment`; empty for EDS. */
  readonly assignment: LoadAssignment;
}

const UPSTREAM_TLS = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
const RAW_BUFFER = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";

/** Reads a Cluster; the API's rules have been checked before. */
export function compileCluster(cluster: Cluster, extensions: ExtensionRegistry): Compiled<CompiledCluster> {
  const problems: Problem[] = refuseUnsupportedFields(ClusterSchema, cluster, CLUSTER_SUPPORTED_FIELDS);
  if (cluster.name === "")
    problems.push({ path: "name", message: "a cluster needs a name", severity: "error" });
  const discovery: Discovery = compileDiscovery(cluster, problems);
  const endpoints = compileEndpoints(
    cluster.loadAssignment,
    discovery.kind.endsWith("_dns"),
    "load_assignment",
  );
  if (!endpoints.ok) problems.push(...endpoints.problems.filter((each) => isNew(each, problems)));
  if (discovery.kind === "eds" && cluster.loadAssignment !== undefined) {
    problems.push({
      path: "load_assignment",
      message: "an EDS cluster takes its endpoints from EDS; remove it",
      severity: "error",
    });
  }
  if (discovery.kind === "logical_dns" && endpoints.ok && endpoints.value.endpoints.length !== 1) {
    problems.push({
      path: "load_assignment",
      message: "LOGICAL_DNS needs exactly one endpoint",
      severity: "error",
    });
  }
  const config: ClusterConfig = {
    name: cluster.name,
    statName: cluster.altStatName === "" ? cluster.name : cluster.altStatName,
    discovery,
    connectTimeoutMs: durationMs(cluster.connectTimeout, 5000),
    bufferLimitBytes: cluster.perConnectionBufferLimitBytes ?? 1024 * 1024,
    http: compileHttpOptions(cluster, extensions, problems),
    loadBalancer: compileLoadBalancer(cluster, extensions, problems),
    commonLb: compileCommonLb(cluster.commonLbConfig),
    thresholds: {
      default: thresholdsOf(cluster.circuitBreakers, "default"),
      high: thresholdsOf(cluster.circuitBreakers, "high"),
    },
    perEndpointStats: cluster.trackClusterStats?.perEndpointStats ?? false,
    tcpKeepaliveSeconds:
      cluster.upstreamConnectionOptions?.tcpKeepalive === undefined
        ? undefined
        : (cluster.upstreamConnectionOptions.tcpKeepalive.keepaliveTime ?? 0),
    tls: transportSocket(cluster, problems),
  };
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: { config, assignment: endpoints.ok ? endpoints.value : EMPTY_ASSIGNMENT } };
}

const isNew = (problem: Problem, known: readonly Problem[]): boolean =>
  !known.some((each) => each.path === problem.path && each.message === problem.message);

function transportSocket(cluster: Cluster, problems: Problem[]): UpstreamTlsConfig | undefined {
  const socket = cluster.transportSocket;
  if (socket === undefined) return undefined;
  const path = "transport_socket.typed_config";
  const any = socket.configType.case === "typedConfig" ? socket.configType.value : undefined;
  if (any === undefined) {
    if (socket.name !== "envoy.transport_sockets.raw_buffer") {
      problems.push({ path, message: `${socket.name} needs a typed_config`, severity: "error" });
    }
    return undefined;
  }
  const unpacked = unpackAny(any);
  if (!unpacked.ok) {
    problems.push({ path, message: unpacked.message, severity: "error" });
    return undefined;
  }
  if (unpacked.typeName === RAW_BUFFER) return undefined;
  if (unpacked.typeName !== UPSTREAM_TLS) {
    problems.push({
      path,
      message: `transport socket ${unpacked.typeName} is not implemented`,
      severity: "error",
    });
    return undefined;
  }
  const tls = compileUpstreamTls(asUpstreamTls(unpacked.message), path);
  if (tls.ok) return tls.value;
  problems.push(...tls.problems);
  return undefined;
}

/** The caller has checked the type's name. */
function asUpstreamTls(message: Message): UpstreamTlsContext {
  return message as UpstreamTlsContext;
}
