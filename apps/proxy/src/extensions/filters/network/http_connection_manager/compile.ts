import type { Compiled, Problem } from "@sluice/extension-api";
import { compileRequestTargetRules } from "@sluice/matching";
import {
  HttpConnectionManager_CodecType as CodecType,
  type HttpConnectionManager as Config,
  HttpConnectionManager_ServerHeaderTransformation as ServerHeader,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import { durationProblems } from "../../../../config-message/duration-problems.ts";
import { wantedFacts } from "../../../../formatter/wanted-facts.ts";
import { compileHttp1ServerOptions } from "../../../../http/h1/compile-http1-options.ts";
import { compileHttp2Options, http2OptionProblems } from "../../../../http/h2/http2-options.ts";
import { http2StatsOnce } from "../../../../http/h2/http2-stats.ts";
import {
  asSocketConnection,
  HttpConnectionManager,
} from "../../../../http-connection-manager/connection-manager.ts";
import type {
  ConnectionManagerConfig,
  HeadLimit,
  UpgradeChain,
} from "../../../../http-connection-manager/connection-manager-config.ts";
import {
  createConnectionManagerStats,
  createListenerHttpStats,
} from "../../../../http-connection-manager/connection-manager-stats.ts";
import type { ProxyStatusConfig } from "../../../../http-connection-manager/proxy-status.ts";
import { RouteFigures } from "../../../../http-connection-manager/route-figures.ts";
import { StreamTimersPool } from "../../../../http-connection-manager/stream-timers.ts";
import { compileHttpFilters, type FilterChainUse } from "../../../../http-filter/compile-filter-chain.ts";
import {
  asNetworkContext,
  type ConnectionFilterFactory,
  type NetworkFactoryContext,
} from "../../../../network-filter/network-factory-context.ts";
import { accessLogProblems, compileAccessLogOptions } from "./access-log-options.ts";
import { compileForwarding } from "./compile-forwarding.ts";
import { compileLocalReply } from "./compile-local-reply.ts";
import { compileRequestId } from "./compile-request-id.ts";
import { compileRoutes } from "./compile-routes.ts";
import { requestHeadLimits, requestTargetDefaults } from "./runtime-defaults.ts";

const HOUR_MS = 3_600_000;

function compile(config: Config, context: NetworkFactoryContext): Compiled<ConnectionManagerConfig> {
  const { worker } = context;
  const problems: Problem[] = [];
  const error = (path: string, message: string): void => {
    problems.push({ path, message, severity: "error" });
  };
  const take = <T>(compiled: Compiled<T>, prefix = ""): T | undefined => {
    if (compiled.ok) return compiled.value;
    for (const p of compiled.problems) {
      problems.push(prefix === "" ? p : { ...p, path: p.path === "" ? prefix : `${prefix}.${p.path}` });
    }
    return undefined;
  };
  if (config.codecType === CodecType.HTTP3) {
    error("codec_type", "HTTP3 is not implemented; use AUTO, HTTP1 or HTTP2");
  }
  if (config.stripMatchingHostPort && config.stripPortMode.value === true)
    error("strip_any_host_port", "only one of strip_matching_host_port and strip_any_host_port can be set");
  const common = config.commonHttpProtocolOptions;
  problems.push(
    ...durationProblems(
      {
        stream_idle_timeout: config.streamIdleTimeout,
        stream_flush_timeout: config.streamFlushTimeout,
        request_timeout: config.requestTimeout,
        request_headers_timeout: config.requestHeadersTimeout,
        drain_timeout: config.drainTimeout,
        delayed_close_timeout: config.delayedCloseTimeout,
        "common_http_protocol_options.idle_timeout": common?.idleTimeout,
        "common_http_protocol_options.max_stream_duration": common?.maxStreamDuration,
        "common_http_protocol_options.max_connection_duration": common?.maxConnectionDuration,
      },
      "",
    ),
    ...accessLogProblems(config),
  );
  const head = requestHeadLimits(config, worker.runtime);
  const http1Options = compileHttp1ServerOptions(
    config.httpProtocolOptions,
    common,
    head.kib * 1024,
    head.fields,
    worker,
    "http_protocol_options",
    (problem) => problems.push(problem),
  );
  problems.push(...http2OptionProblems(config.http2ProtocolOptions, "http2_protocol_options"));
  if ((config.http2ProtocolOptions?.maxHeaderFieldSizeKb ?? 0) > head.kib)
    error("http2_protocol_options.max_header_field_size_kb", "must not exceed max_request_headers_kb");
  const statPrefix = config.statPrefix === "" ? "ingress_http" : config.statPrefix;
  const stats = worker.stats.scope("http").scope(statPrefix);
  const use: FilterChainUse = {
    worker,
    stats,
    listenerName: context.listenerName,
    upstream: false,
    onClose: context.onClose,
  };
  const filters = take(compileHttpFilters(config.httpFilters, "http_filters", use)) ?? [];
  const upgrades = new Map<string, UpgradeChain>();
  for (const [i, upgrade] of config.upgradeConfigs.entries()) {
    const own =
      upgrade.filters.length === 0
        ? undefined
        : take(compileHttpFilters(upgrade.filters, `upgrade_configs[${i}].filters`, use));
    const type = upgrade.upgradeType.toLowerCase();
    if (upgrades.has(type))
      error(`upgrade_configs[${i}]`, `multiple upgrade configs with the same name: '${upgrade.upgradeType}'`);
    upgrades.set(type, { enabled: upgrade.enabled ?? true, filters: own });
  }
  const filterNames = new Set(filters.map(({ name }) => name));
  const routes = take(compileRoutes(config, context, stats, filterNames));
  const accessLoggers = take(worker.accessLoggers.compile(config.accessLog, "access_log")) ?? [];
  const tracer =
    config.tracing === undefined
      ? undefined
      : take(worker.tracers.compile(config.tracing, "tracing", context.outbound));
  const forwarding = take(compileForwarding(config, worker));
  const requestId = take(compileRequestId(config.requestIdExtension, "request_id_extension"));
  const localReplies = take(compileLocalReply(config.localReplyConfig, "local_reply_config", worker));
  if (problems.length > 0 || forwarding === undefined || requestId === undefined || routes === undefined)
    return { ok: false, problems };
  const routeFigures = new RouteFigures(config.recordRouteResolutionStats ? stats : undefined, worker.clock);
  const http2Stats = http2StatsOnce(worker.stats);
  const value: ConnectionManagerConfig = {
    worker,
    stats: createConnectionManagerStats(stats),
    listenerName: context.listenerName,
    listenerStats: createListenerHttpStats(context.listenerStats.scope("http").scope(statPrefix)),
    ...routes,
    filters,
    filtersVary: filters.length > 1 || filters.some(({ disabled }) => disabled),
    http1: {
      ...http1Options,
      httpsNeedsTls: (config.useRemoteAddress ?? false) && config.xffNumTrustedHops === 0,
      keepsOpenOnInvalidMessage:
        config.httpProtocolOptions?.overrideStreamErrorOnInvalidHttpMessage ??
        config.streamErrorOnInvalidHttpMessage ??
        false,
    },
    codecType: CODEC_TYPES[config.codecType],
    http2: {
      options: compileHttp2Options(
        config.http2ProtocolOptions,
        config.streamErrorOnInvalidHttpMessage ?? false,
      ),
      get stats() {
        return http2Stats();
      },
      context: worker,
      headBytesMax: head.kib * 1024,
      headersMax: head.fields,
      underscores: http1Options.underscores,
    },
    upgrades,
    localReplies,
    proxyStatus: compileProxyStatus(config, worker.localInfo.nodeId),
    get routeFigures() {
      return config.recordRouteResolutionStats || wantedFacts.routeResolutions ? routeFigures : undefined;
    },
    accessLoggers,
    accessLog: compileAccessLogOptions(config),
    requestId,
    hidesClient: config.addProxyProtocolConnectionState === false,
    // One that is given wins.
    schemeMatchesUpstream:
      config.schemeHeaderTransformation?.transformation.case === undefined &&
      (config.schemeHeaderTransformation?.matchUpstream ?? false),
    tracer,
    serverName: config.serverName === "" ? "envoy" : config.serverName,
    serverHeader: SERVER_HEADERS[config.serverHeaderTransformation],
    via: config.via,
    ...forwarding,
    addUserAgent: config.addUserAgent ?? false,
    generateRequestId: config.generateRequestId ?? true,
    preserveExternalRequestId: config.preserveExternalRequestId,
    alwaysSetRequestIdInResponse: config.alwaysSetRequestIdInResponse,
    proxy100Continue: config.proxy100Continue,
    appendLocalOverload: config.appendLocalOverload,
    ...compileRequestTargetRules(config, requestTargetDefaults(worker.runtime, worker.random)),
    streamIdleTimeoutMs: durationMs(config.streamIdleTimeout, 300_000),
    streamFlushTimeoutMs: durationMs(
      config.streamFlushTimeout,
      durationMs(config.streamIdleTimeout, 300_000),
    ),
    maxStreamDurationMs: durationMs(common?.maxStreamDuration, 0),
    requestTimeoutMs: durationMs(config.requestTimeout, 0),
    requestHeadersTimeoutMs: durationMs(config.requestHeadersTimeout, 0),
    http1HeadLimit: http1HeadLimit(config),
    idleTimeoutMs: durationMs(common?.idleTimeout, HOUR_MS),
    maxConnectionDurationMs: durationMs(common?.maxConnectionDuration, 0),
    maxConnectionDurationJitterPercent: common?.maxConnectionDurationJitter?.value ?? 0,
    http1SafeMaxConnectionDuration: config.http1SafeMaxConnectionDuration,
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? 0,
    delayedCloseTimeoutMs: durationMs(config.delayedCloseTimeout, 1000),
    drainTimeoutMs: durationMs(config.drainTimeout, 5000),
    drainTimeoutJitterPercent: config.drainTimeoutJitter?.value ?? 0,
    bufferLimitBytes: context.bufferLimitBytes,
    streamTimers: new StreamTimersPool(context.worker.timers),
  };
  return { ok: true, value };
}

/** The first of the limits that run while an HTTP/1 head arrives. */
function http1HeadLimit(config: Config): HeadLimit | undefined {
  const limits: HeadLimit[] = [
    { which: "request", ms: durationMs(config.requestTimeout, 0) },
    { which: "head", ms: durationMs(config.requestHeadersTimeout, 0) },
    { which: "duration", ms: durationMs(config.commonHttpProtocolOptions?.maxStreamDuration, 0) },
    { which: "idle", ms: durationMs(config.streamIdleTimeout, 300_000) },
  ];
  const set = limits.filter(({ ms }) => ms > 0);
  return set.sort((a, b) => a.ms - b.ms)[0];
}

function compileProxyStatus(config: Config, nodeId: string): ProxyStatusConfig | undefined {
  const status = config.proxyStatusConfig;
  if (status === undefined) return undefined;
  const name = status.proxyName;
  return {
    proxyName:
      name.case === "literalProxyName" && name.value !== ""
        ? name.value
        : name.case === "useNodeId" && name.value
          ? nodeId
          : config.serverName === ""
            ? "envoy"
            : config.serverName,
    details: !status.removeDetails,
    terminationDetails: !status.removeConnectionTerminationDetails,
    responseFlags: !status.removeResponseFlags,
    setRecommendedStatus: status.setRecommendedResponseCode,
  };
}
const CODEC_TYPES: Readonly<Record<CodecType, ConnectionManagerConfig["codecType"]>> = {
  [CodecType.AUTO]: "auto",
  [CodecType.HTTP1]: "http1",
  [CodecType.HTTP2]: "http2",
  [CodecType.HTTP3]: "auto",
};

const SERVER_HEADERS: Readonly<Record<ServerHeader, ConnectionManagerConfig["serverHeader"]>> = {
  [ServerHeader.OVERWRITE]: "overwrite",
  [ServerHeader.APPEND_IF_ABSENT]: "append",
  [ServerHeader.PASS_THROUGH]: "pass",
};

export const httpConnectionManagerFactory: ConnectionFilterFactory = {
  terminal: true,
  compile: (message, context) => compile(asConfig(message), asNetworkContext(context)),
  create: () => {
    throw new Error("a connection manager is created for its connection");
  },
  createFor: (config, connection) =>
    new HttpConnectionManager(asCompiled(config), asSocketConnection(connection)),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): Config {
  return message as Config;
}
/** What `compile` above made. */
function asCompiled(config: unknown): ConnectionManagerConfig {
  return config as ConnectionManagerConfig;
}
