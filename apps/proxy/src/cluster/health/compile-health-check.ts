import type { Problem } from "@sluice/extension-api";
import { compileStringMatcher } from "@sluice/matching";
import { unpackAny } from "@sluice/xds";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { RequestMethod } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type {
  HealthCheck,
  HealthCheck_CustomHealthCheck,
  HealthCheck_GrpcHealthCheck,
  HealthCheck_HttpHealthCheck,
  HealthCheck_Payload,
} from "@sluice/xds/gen/envoy/config/core/v3/health_check_pb.js";
import { ProxyProtocolConfig_Version } from "@sluice/xds/gen/envoy/config/core/v3/proxy_protocol_pb.js";
import type { HealthCheckEventFileSink } from "@sluice/xds/gen/envoy/extensions/health_check/event_sinks/file/v3/file_pb.js";
import type { Redis } from "@sluice/xds/gen/envoy/extensions/health_checkers/redis/v3/redis_pb.js";
import { CodecClientType } from "@sluice/xds/gen/envoy/type/v3/http_pb.js";
import { logPathProblem } from "../../config-message/check-log-path.ts";
import { durationMs } from "../../config-message/duration-ms.ts";
import { refuseUnsupportedFields } from "../../config-message/refuse-unsupported-fields.ts";
import { mayNegotiate } from "../may-negotiate.ts";
import { compileHeaderAdditions, compileHeaderRemovals } from "./header-changes.ts";
import type {
  GrpcCheck,
  HealthCheckConfig,
  HttpCheck,
  RedisCheck,
  StatusRange,
} from "./health-check-config.ts";

const REDIS = "envoy.extensions.health_checkers.redis.v3.Redis";
const FILE_SINK = "envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink";

/** What of `health_checks` has an effect. */
export const HEALTH_CHECK_SUPPORTED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "envoy.config.core.v3.HealthCheck": [
    "name",
    "timeout",
    "interval",
    "initial_jitter",
    "interval_jitter",
    "interval_jitter_percent",
    "unhealthy_threshold",
    "healthy_threshold",
    "reuse_connection",
    "http_health_check",
    "tcp_health_check",
    "grpc_health_check",
    "custom_health_check",
    "no_traffic_interval",
    "no_traffic_healthy_interval",
    "unhealthy_interval",
    "unhealthy_edge_interval",
    "healthy_edge_interval",
    "event_log_path",
    "event_logger",
    "always_log_health_check_failures",
    "always_log_health_check_success",
    "tls_options",
    "transport_socket_match_criteria",
  ],
  "envoy.config.core.v3.HealthCheck.TlsOptions": ["alpn_protocols"],
  "envoy.config.core.v3.HealthCheck.Payload": ["text", "binary"],
  "envoy.config.core.v3.HealthCheck.HttpHealthCheck": [
    "host",
    "path",
    "send",
    "receive",
    "response_buffer_size",
    "request_headers_to_add",
    "request_headers_to_remove",
    "expected_statuses",
    "retriable_statuses",
    "codec_client_type",
    "use_alpn_protocol",
    "service_name_matcher",
    "method",
  ],
  "envoy.config.core.v3.HealthCheck.TcpHealthCheck": ["send", "receive", "proxy_protocol_config"],
  "envoy.config.core.v3.ProxyProtocolConfig": ["version"],
  "envoy.config.core.v3.HealthCheck.GrpcHealthCheck": ["service_name", "authority", "initial_metadata"],
  "envoy.config.core.v3.HealthCheck.CustomHealthCheck": ["name", "typed_config"],
  [REDIS]: ["key"],
  "envoy.config.endpoint.v3.Endpoint.HealthCheckConfig": [
    "port_value",
    "hostname",
    "address",
    "disable_active_health_check",
  ],
  [FILE_SINK]: ["event_log_path"],
};

/** `health_checks`. Problems carry their paths from the cluster on. */
export function compileHealthChecks(cluster: Cluster, problems: Problem[]): readonly HealthCheckConfig[] {
  const { healthChecks } = cluster;
  const error = (path: string, message: string): void => {
    problems.push({ path, message, severity: "error" });
  };
  return healthChecks.flatMap((given, index) => {
    const path = `health_checks[${index}]`;
    if (healthChecks.length > 1) {
      if (given.name === "") error(`${path}.name`, "is required where a cluster has several health checks");
      else if (healthChecks.findIndex(({ name }) => name === given.name) !== index)
        error(`${path}.name`, `'${given.name}' stands here twice`);
    }
    return compileHealthCheck(given, path, mayNegotiate(cluster), error) ?? [];
  });
}

function compileHealthCheck(
  given: HealthCheck,
  path: string,
  negotiates: boolean,
  error: ErrorSink,
): HealthCheckConfig | undefined {
  const check = compileCheck(given, path, error);
  if (check?.kind === "http" && check.byAlpn && !negotiates) {
    const at = `${path}.http_health_check.use_alpn_protocol`;
    error(at, "ALPN needs a transport socket that has it (TLS)");
  }
  const intervalMs = durationMs(given.interval, 0);
  const unhealthyIntervalMs = durationMs(given.unhealthyInterval, intervalMs);
  const noTrafficIntervalMs = durationMs(given.noTrafficInterval, 60_000);
  const eventLogPaths = given.eventLogPath === "" ? [] : [given.eventLogPath];
  for (const [index, logger] of given.eventLogger.entries()) {
    const at = `${path}.event_logger[${index}].typed_config`;
    const unpacked = logger.typedConfig === undefined ? undefined : unpackAny(logger.typedConfig);
    if (unpacked?.ok !== true) error(at, unpacked?.message ?? `${logger.name} needs a typed_config`);
    else if (unpacked.typeName !== FILE_SINK) error(at, `${unpacked.typeName} is not implemented`);
    else eventLogPaths.push(asFileSink(unpacked.message).eventLogPath);
  }
  for (const each of eventLogPaths) {
    const problem = logPathProblem(each);
    if (problem !== undefined)
      error(`${path}.${given.eventLogPath === each ? "event_log_path" : "event_logger"}`, problem);
  }
  if (check === undefined) return undefined;
  return {
    name: given.name,
    timeoutMs: durationMs(given.timeout, 0),
    intervalMs,
    initialJitterMs: durationMs(given.initialJitter, 0),
    intervalJitterMs: durationMs(given.intervalJitter, 0),
    intervalJitterPercent: given.intervalJitterPercent,
    unhealthyThreshold: given.unhealthyThreshold ?? 1,
    healthyThreshold: given.healthyThreshold ?? 1,
    reuseConnection: given.reuseConnection ?? true,
    noTrafficIntervalMs,
    noTrafficHealthyIntervalMs: durationMs(given.noTrafficHealthyInterval, noTrafficIntervalMs),
    unhealthyIntervalMs,
    unhealthyEdgeIntervalMs: durationMs(given.unhealthyEdgeInterval, unhealthyIntervalMs),
    healthyEdgeIntervalMs: durationMs(given.healthyEdgeInterval, intervalMs),
    eventLogPaths,
    alwaysLogFailures: given.alwaysLogHealthCheckFailures,
    alwaysLogSuccess: given.alwaysLogHealthCheckSuccess,
    alpn: given.tlsOptions === undefined ? undefined : given.tlsOptions.alpnProtocols,
    socketMatch: given.transportSocketMatchCriteria,
    check,
  };
}

type ErrorSink = (path: string, message: string) => void;

function compileCheck(
  given: HealthCheck,
  path: string,
  error: ErrorSink,
): HealthCheckConfig["check"] | undefined {
  const checker = given.healthChecker;
  switch (checker.case) {
    case "httpHealthCheck":
      return compileHttp(checker.value, `${path}.http_health_check`, error);
    case "tcpHealthCheck": {
      const at = `${path}.tcp_health_check`;
      return {
        kind: "tcp",
        send: payload(checker.value.send, `${at}.send`, error),
        receive: checker.value.receive.map((each, index) => payload(each, `${at}.receive[${index}]`, error)),
        proxyVersion:
          checker.value.proxyProtocolConfig === undefined
            ? undefined
            : checker.value.proxyProtocolConfig.version === ProxyProtocolConfig_Version.V2
              ? 2
              : 1,
      };
    }
    case "grpcHealthCheck":
      return compileGrpc(checker.value, `${path}.grpc_health_check`, error);
    case "customHealthCheck":
      return compileCustom(checker.value, `${path}.custom_health_check`, error);
    default:
      error(
        path,
        "one of http_health_check, tcp_health_check, grpc_health_check and custom_health_check is required",
      );
      return undefined;
  }
}

function compileHttp(given: HealthCheck_HttpHealthCheck, path: string, error: ErrorSink): HttpCheck {
  const send = payload(given.send, `${path}.send`, error);
  const method =
    given.method === RequestMethod.METHOD_UNSPECIFIED ? "GET" : (RequestMethod[given.method] ?? "GET");
  if (given.codecClientType === CodecClientType.HTTP3) {
    error(`${path}.codec_client_type`, "HTTP3 is not implemented; use HTTP1 or HTTP2");
  }
  if (given.send !== undefined && !["POST", "PUT", "PATCH", "OPTIONS"].includes(method)) {
    error(`${path}.send`, `a ${method} request has no body; set method to POST or PUT`);
  }
  let serviceName: HttpCheck["serviceName"];
  if (given.serviceNameMatcher !== undefined) {
    const matcher = compileStringMatcher(given.serviceNameMatcher, `${path}.service_name_matcher`);
    if (matcher.ok) serviceName = (value) => matcher.value.matches(value);
    else for (const problem of matcher.problems) error(problem.path, problem.message);
  }
  const ranges = (
    list: readonly { readonly start: bigint; readonly end: bigint }[],
    field: string,
  ): StatusRange[] =>
    list.map(({ start, end }, index) => {
      if (start >= end || start < 100n || end > 600n)
        error(
          `${path}.${field}[${index}]`,
          "must begin at 100 at least, and end behind that and at 600 at most",
        );
      return { start: Number(start), end: Number(end) };
    });
  const expected = ranges(given.expectedStatuses, "expected_statuses");
  const receive = given.receive.map((each, index) => payload(each, `${path}.receive[${index}]`, error));
  const responseBufferBytes = Number(given.responseBufferSize ?? 1024n);
  if (responseBufferBytes > 0 && receive.reduce((sum, { length }) => sum + length, 0) > responseBufferBytes)
    error(`${path}.receive`, "is longer than response_buffer_size");
  return {
    kind: "http",
    host: given.host,
    path: given.path,
    method,
    send,
    receive,
    responseBufferBytes,
    headers: {
      add: compileHeaderAdditions(given.requestHeadersToAdd, `${path}.request_headers_to_add`, error),
      remove: compileHeaderRemovals(given.requestHeadersToRemove, `${path}.request_headers_to_remove`, error),
    },
    expectedStatuses: expected.length === 0 ? [{ start: 200, end: 201 }] : expected,
    retriableStatuses: ranges(given.retriableStatuses, "retriable_statuses"),
    http2: given.codecClientType === CodecClientType.HTTP2,
    byAlpn: given.useAlpnProtocol,
    serviceName,
  };
}

function compileGrpc(given: HealthCheck_GrpcHealthCheck, path: string, error: ErrorSink): GrpcCheck {
  return {
    kind: "grpc",
    serviceName: given.serviceName,
    authority: given.authority,
    headers: {
      add: compileHeaderAdditions(given.initialMetadata, `${path}.initial_metadata`, error),
      remove: [],
    },
  };
}

/** By the type of its configuration; by its name where it has none. */
function compileCustom(
  { name, configType }: HealthCheck_CustomHealthCheck,
  path: string,
  error: ErrorSink,
): RedisCheck | undefined {
  if (configType.case === undefined) {
    if (name === "envoy.health_checkers.redis") return { kind: "redis", key: "" };
    error(`${path}.name`, `${name} is not implemented`);
    return undefined;
  }
  const unpacked = unpackAny(configType.value);
  if (!unpacked.ok) error(`${path}.typed_config`, unpacked.message);
  else if (unpacked.typeName !== REDIS)
    error(`${path}.typed_config`, `${unpacked.typeName} is not implemented`);
  else {
    const { schema, message } = unpacked;
    const at = `${path}.typed_config`;
    for (const problem of refuseUnsupportedFields(schema, message, HEALTH_CHECK_SUPPORTED_FIELDS, at))
      error(problem.path, problem.message);
    return { kind: "redis", key: asRedis(message).key };
  }
  return undefined;
}

/** `text` is hex, as Envoy has it. */
function payload(given: HealthCheck_Payload | undefined, path: string, error: ErrorSink): Uint8Array {
  const { payload: value } = given ?? { payload: { case: undefined, value: undefined } };
  if (value.case === "binary") return value.value;
  if (value.case !== "text") return new Uint8Array(0);
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(value.value)) {
    error(`${path}.text`, "is not hexadecimal (two digits an octet)");
    return new Uint8Array(0);
  }
  return Buffer.from(value.value, "hex");
}

/** The caller has checked the type's name. */
function asRedis(message: unknown): Redis {
  return message as Redis;
}

/** The caller has checked the type's name. */
function asFileSink(message: unknown): HealthCheckEventFileSink {
  return message as HealthCheckEventFileSink;
}
