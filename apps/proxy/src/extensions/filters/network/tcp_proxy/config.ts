import type { Compiled, Problem } from "@sluice/extension-api";
import {
  type TcpProxy,
  UpstreamConnectMode,
} from "@sluice/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { HashPolicy } from "@sluice/xds/gen/envoy/type/v3/hash_policy_pb.js";
import type { AccessLogger } from "../../../../access-log/access-logger.ts";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import {
  type MetadataMatch,
  mergeMetadataMatch,
  metadataMatchOf,
} from "../../../../load-balancer/metadata-match.ts";
import type { NetworkFactoryContext } from "../../../../network-filter/network-factory-context.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { compileOnDemandCds, type OnDemandCds } from "../../../../xds/compile-on-demand-cds.ts";
import { compileProxyTlvs, type ProxyTlvs } from "./proxy-tlvs.ts";
import {
  createOnDemandStats,
  createTcpProxyStats,
  defineTunnelStats,
  type OnDemandStats,
  type TcpProxyStats,
} from "./stats.ts";
import { compileTunnel, type TunnelConfig } from "./tunnel-config.ts";

/** The metadata that load balancing goes by. */
export const LB = "envoy.lb";
const HOUR_MS = 3_600_000;

export interface TcpProxyCluster {
  readonly name: string;
  readonly weight: number;
  /** Its own over the proxy's. */
  readonly metadataMatch: MetadataMatch | undefined;
}

/** By the client's address, or by what an earlier filter left under a key. */
export type TcpHashPolicy = { readonly kind: "source" } | { readonly kind: "state"; readonly key: string };

/** Frozen. 0 means no limit wherever a time is optional. */
export interface TcpProxyConfig {
  readonly listenerName: string;
  readonly worker: WorkerContext;
  readonly stats: TcpProxyStats;
  /** With weights; one of weight 1 for `cluster`. */
  readonly clusters: readonly TcpProxyCluster[];
  readonly hashPolicy: TcpHashPolicy | undefined;
  readonly totalWeight: number;
  /** Default 1 h. */
  readonly idleTimeoutMs: number;
  readonly maxDurationMs: number;
  /** Up to so much is added to the duration, by chance. */
  readonly maxDurationJitterMs: number;
  readonly maxConnectAttempts: number;
  /** Undefined: the next attempt is made at once. */
  readonly backoff: { readonly baseMs: number; readonly maxMs: number } | undefined;
  readonly accessLoggers: readonly AccessLogger[];
  readonly accessLogFlushIntervalMs: number;
  readonly logsOnConnected: boolean;
  readonly logsOnStart: boolean;
  /** Undefined: raw. */
  readonly tunnel: TunnelConfig | undefined;
  /** What is read from a client while there is no upstream; undefined: nothing is. */
  readonly earlyDataBytesMax: number | undefined;
  /** No upstream is looked for before the client has sent something. */
  readonly connectsOnData: boolean;
  /** A session ends with the next bytes either way once the proxy drains. */
  readonly checksDrainClose: boolean;
  /** Undefined: clusters are not fetched. */
  readonly onDemand: (OnDemandCds & { readonly stats: OnDemandStats }) | undefined;
  readonly proxyTlvs: ProxyTlvs;
}

/** The message → frozen configuration. */
export function compileTcpProxy(config: TcpProxy, context: NetworkFactoryContext): Compiled<TcpProxyConfig> {
  const { worker } = context;
  const problems: Problem[] = [];
  const specifier = config.clusterSpecifier;
  const own = config.metadataMatch?.filterMetadata[LB];
  const clusters =
    specifier.case === "weightedClusters"
      ? specifier.value.clusters.map(({ name, weight, metadataMatch }) => ({
          name,
          weight,
          metadataMatch: mergeMetadataMatch(metadataMatchOf(own), metadataMatch?.filterMetadata[LB]),
        }))
      : [{ name: specifier.value ?? "", weight: 1, metadataMatch: metadataMatchOf(own) }];
  const loggers = worker.accessLoggers.compile(config.accessLog, "access_log");
  if (!loggers.ok) problems.push(...loggers.problems);
  const options = config.accessLogOptions;
  if (
    options !== undefined &&
    (config.accessLogFlushInterval !== undefined || config.flushAccessLogOnConnected)
  )
    problems.push({
      path: "access_log_options",
      message:
        "only one of access_log_options and the deprecated access_log_flush_interval, flush_access_log_on_connected can be set",
      severity: "error",
    });
  const backoff = backoffOf(config, problems);
  const tunnel = config.tunnelingConfig === undefined ? undefined : compileTunnel(config.tunnelingConfig);
  if (tunnel?.ok === false) problems.push(...tunnel.problems);
  if (config.upstreamConnectMode !== UpstreamConnectMode.IMMEDIATE && config.maxEarlyDataBytes === undefined)
    problems.push({
      path: "max_early_data_bytes",
      message: "max_early_data_bytes must be set when upstream_connect_mode is not IMMEDIATE",
      severity: "error",
    });
  const onDemand =
    config.onDemand?.odcdsConfig === undefined
      ? undefined
      : compileOnDemandCds(config.onDemand.odcdsConfig, config.onDemand.timeout, "on_demand.odcds_config");
  if (onDemand?.ok === false) problems.push(...onDemand.problems);
  const proxyTlvs = compileProxyTlvs(config.proxyProtocolTlvs, config.proxyProtocolTlvMergePolicy);
  if (!proxyTlvs.ok) problems.push(...proxyTlvs.problems);
  if (problems.length > 0 || !loggers.ok || !proxyTlvs.ok) return { ok: false, problems };
  if (tunnel !== undefined) defineTunnelStats(worker.stats, config.statPrefix);
  const maxDurationMs = durationMs(config.maxDownstreamConnectionDuration, 0);
  const jitter = config.maxDownstreamConnectionDurationJitterPercentage?.value ?? 0;
  return {
    ok: true,
    value: {
      worker,
      stats: createTcpProxyStats(worker.stats, config.statPrefix),
      onDemand:
        onDemand?.ok === true
          ? { ...onDemand.value, stats: createOnDemandStats(worker.stats, config.statPrefix) }
          : undefined,
      clusters,
      hashPolicy: hashPolicyOf(config.hashPolicy[0]),
      totalWeight: clusters.reduce((sum, { weight }) => sum + weight, 0),
      idleTimeoutMs: durationMs(config.idleTimeout, HOUR_MS),
      maxDurationMs,
      maxDurationJitterMs: (maxDurationMs * jitter) / 100,
      maxConnectAttempts: config.maxConnectAttempts ?? 1,
      backoff,
      accessLoggers: loggers.value,
      listenerName: context.listenerName,
      accessLogFlushIntervalMs: durationMs(
        options?.accessLogFlushInterval ?? config.accessLogFlushInterval,
        0,
      ),
      logsOnConnected: options?.flushAccessLogOnConnected ?? config.flushAccessLogOnConnected,
      logsOnStart: options?.flushAccessLogOnStart ?? false,
      tunnel: tunnel?.ok === true ? tunnel.value : undefined,
      earlyDataBytesMax: config.maxEarlyDataBytes,
      // A client's handshake is over before its connection has network filters.
      connectsOnData: config.upstreamConnectMode === UpstreamConnectMode.ON_DOWNSTREAM_DATA,
      checksDrainClose: config.checkDrainClose ?? false,
      proxyTlvs: proxyTlvs.value,
    },
  };
}

function hashPolicyOf(policy: HashPolicy | undefined): TcpHashPolicy | undefined {
  switch (policy?.policySpecifier.case) {
    case "sourceIp":
      return { kind: "source" };
    case "filterState":
      return { kind: "state", key: policy.policySpecifier.value.key };
    default:
      return undefined;
  }
}

function backoffOf(config: TcpProxy, problems: Problem[]): TcpProxyConfig["backoff"] {
  const options = config.backoffOptions;
  if (options === undefined) return undefined;
  const baseMs = durationMs(options.baseInterval, 1);
  const maxMs = durationMs(options.maxInterval, baseMs * 10);
  if (maxMs < baseMs)
    problems.push({
      path: "backoff_options.max_interval",
      message: "max_backoff_interval must be greater or equal to base_backoff_interval",
      severity: "error",
    });
  return { baseMs, maxMs };
}
