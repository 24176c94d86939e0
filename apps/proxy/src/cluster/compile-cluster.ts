import type { Compiled, Problem } from "@sluice/extension-api";
import { type Cluster, ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { durationProblemsIn } from "../config-message/duration-problems.ts";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import type { LoadReportNeed } from "../orca/load-report-need.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { NO_SECRETS, type SecretLookup } from "../secret/secret-lookup.ts";
import type { StatFilter } from "../stats/own-matchers.ts";
import { compileStatsMatcher } from "../stats/stats-settings.ts";
import { checkQueuingPolicies } from "./check-queuing-policies.ts";
import type { ClusterConfig, Discovery } from "./cluster-config.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";
import { compileCircuitBreakers } from "./compile-circuit-breakers.ts";
import { compileCommonLb } from "./compile-common-lb.ts";
import { compileConnectionOptions } from "./compile-connection-options.ts";
import { compileDiscovery } from "./compile-discovery.ts";
import { compileEndpoints, EMPTY_ASSIGNMENT, type LoadAssignment } from "./compile-endpoints.ts";
import { compileHttpOptions, findHttpOptions, type UpstreamProtocol } from "./compile-http-options.ts";
import { compileLoadBalancer } from "./compile-load-balancer.ts";
import { compileTransportSockets } from "./compile-transport-sockets.ts";
import { compileHealthChecks } from "./health/compile-health-check.ts";
import type { HealthCheckConfig } from "./health/health-check-config.ts";
import { compileOutlierDetection } from "./outlier/outlier-config.ts";

export interface CompiledCluster {
  readonly config: ClusterConfig;
  /** `load_assignment`; empty for EDS. */
  readonly assignment: LoadAssignment;
  /** The main thread's alone. */
  readonly healthChecks: readonly HealthCheckConfig[];
  /** Undefined: the bootstrap says which stats there are. */
  readonly statsMatcher: StatFilter | undefined;
  /** `ignore_health_on_host_removal`. */
  readonly ignoreHealthOnHostRemoval: boolean;
  /** `common_lb_config.ignore_new_hosts_until_first_hc`. */
  readonly ignoreNewHostsUntilFirstCheck: boolean;
  /** Undefined: nobody goes by its hosts' load reports. */
  readonly loadReports: LoadReportNeed | undefined;
}

/** Reads a Cluster; the API's rules have been checked before. */
export function compileCluster(
  cluster: Cluster,
  extensions: ExtensionRegistry,
  secrets: SecretLookup = NO_SECRETS,
): Compiled<CompiledCluster> {
  const problems: Problem[] = refuseUnsupportedFields(ClusterSchema, cluster, CLUSTER_SUPPORTED_FIELDS);
  problems.push(...durationProblemsIn(ClusterSchema, cluster));
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
  if (discovery.kind !== "eds" && cluster.edsClusterConfig !== undefined) {
    const message = "is for clusters of type EDS; remove it";
    problems.push({ path: "eds_cluster_config", message, severity: "error" });
  }
  const alone = endpoints.ok && endpoints.value.endpoints.length === 1;
  if (discovery.kind === "logical_dns" && !(alone && cluster.loadAssignment?.endpoints.length === 1)) {
    problems.push({
      path: "load_assignment",
      message: "LOGICAL_DNS needs exactly one endpoint, in one group",
      severity: "error",
    });
  }
  const balancer = compileLoadBalancer(cluster, extensions, problems, discovery.kind);
  const config: ClusterConfig = {
    name: cluster.name,
    statName: cluster.altStatName === "" ? cluster.name : cluster.altStatName,
    metadata: cluster.metadata?.filterMetadata,
    discovery,
    connectTimeoutMs: durationMs(cluster.connectTimeout, 5000),
    // 0: none.
    bufferLimitBytes: (cluster.perConnectionBufferLimitBytes ?? 1024 * 1024) || Number.MAX_SAFE_INTEGER,
    highWatermarkTimeoutMs: durationMs(cluster.perConnectionBufferHighWatermarkTimeout, 0),
    http: compileHttpOptions(cluster, extensions, problems),
    loadBalancer: balancer.policy,
    commonLb: compileCommonLb(cluster, problems),
    thresholds: compileCircuitBreakers(cluster.circuitBreakers, problems),
    outlier: compileOutlierDetection(cluster.outlierDetection, problems),
    perEndpointStats: cluster.trackClusterStats?.perEndpointStats ?? false,
    tracked: {
      timeoutBudgets: cluster.trackClusterStats?.timeoutBudgets ?? cluster.trackTimeoutBudgets,
      sizes: cluster.trackClusterStats?.requestResponseSizes ?? false,
    },
    ...compileTransportSockets(cluster, extensions, secrets, problems),
    connection: compileConnectionOptions(cluster, problems),
    loadMetrics: cluster.lrsReportEndpointMetrics,
    closesOnHealthFailure: cluster.closeConnectionsOnHostHealthFailure,
  };
  const healthChecks = compileHealthChecks(cluster, problems);
  for (const [index, { check }] of healthChecks.entries()) {
    if (check.kind !== "grpc" || speaksHttp2(cluster, config.http.protocol)) continue;
    problems.push({
      path: `health_checks[${index}].grpc_health_check`,
      message: "the cluster must speak HTTP/2 (typed_extension_protocol_options) for gRPC health checks",
      severity: "error",
    });
  }
  problems.push(...checkQueuingPolicies(cluster.queuingPolicies));
  const { statsMatcher } = cluster;
  const accepts = statsMatcher === undefined ? undefined : compileStatsMatcher(statsMatcher, "stats_matcher");
  if (accepts?.ok === false) problems.push(...accepts.problems);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: {
      config,
      statsMatcher: accepts?.ok === true ? accepts.value : undefined,
      assignment: endpoints.ok ? endpoints.value : EMPTY_ASSIGNMENT,
      healthChecks,
      ignoreHealthOnHostRemoval: cluster.ignoreHealthOnHostRemoval,
      loadReports: balancer.loadReports,
      ignoreNewHostsUntilFirstCheck: cluster.commonLbConfig?.ignoreNewHostsUntilFirstHc ?? false,
    },
  };
}

/** Whether a cluster may ask its hosts by HTTP/2; one that speaks as its clients do only where it says how. */
function speaksHttp2(cluster: Cluster, protocol: UpstreamProtocol): boolean {
  if (protocol !== "downstream") return protocol !== "http1";
  const chosen = findHttpOptions(cluster, [])?.options.upstreamProtocolOptions;
  if (chosen === undefined) return cluster.http2ProtocolOptions !== undefined;
  return chosen.case === "useDownstreamProtocolConfig" && chosen.value.http2ProtocolOptions !== undefined;
}

/** Nobody has told of it yet. */
export const isNew = (problem: Problem, known: readonly Problem[]): boolean =>
  !known.some((each) => each.path === problem.path && each.message === problem.message);
