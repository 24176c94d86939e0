import { type Compiled, refuse } from "@sluice/extension-api";

/** Where every name below begins. */
const DEFAULT_PREFIX = "x-envoy";

/**
 * The headers by which Envoy's own parts speak with each other, with their callers and upstreams. They are named otherwise where
 * the bootstrap's `header_prefix` says so, which is before a thread makes anything of the configuration; so they are looked up here
 * when they are needed, never kept from the start of a module.
 */
export const EnvoyHeader = {
  attemptCount: "x-envoy-attempt-count",
  authFailureModeAllowed: "x-envoy-auth-failure-mode-allowed",
  authHeadersToRemove: "x-envoy-auth-headers-to-remove",
  authPartialBody: "x-envoy-auth-partial-body",
  compressionStatus: "x-envoy-compression-status",
  decoratorOperation: "x-envoy-decorator-operation",
  degraded: "x-envoy-degraded",
  downstreamServiceCluster: "x-envoy-downstream-service-cluster",
  downstreamServiceNode: "x-envoy-downstream-service-node",
  dropOverload: "x-envoy-drop-overload",
  expectedRqTimeoutMs: "x-envoy-expected-rq-timeout-ms",
  externalAddress: "x-envoy-external-address",
  faultAbortGrpcRequest: "x-envoy-fault-abort-grpc-request",
  faultAbortRequest: "x-envoy-fault-abort-request",
  faultAbortRequestPercentage: "x-envoy-fault-abort-request-percentage",
  faultDelayRequest: "x-envoy-fault-delay-request",
  faultDelayRequestPercentage: "x-envoy-fault-delay-request-percentage",
  faultThroughputResponse: "x-envoy-fault-throughput-response",
  faultThroughputResponsePercentage: "x-envoy-fault-throughput-response-percentage",
  forceTrace: "x-envoy-force-trace",
  hedgeOnPerTryTimeout: "x-envoy-hedge-on-per-try-timeout",
  immediateHealthCheckFail: "x-envoy-immediate-health-check-fail",
  internal: "x-envoy-internal",
  ipTags: "x-envoy-ip-tags",
  isTimeoutRetry: "x-envoy-is-timeout-retry",
  localOverloaded: "x-envoy-local-overloaded",
  maxRetries: "x-envoy-max-retries",
  originalDstHost: "x-envoy-original-dst-host",
  originalHost: "x-envoy-original-host",
  originalPath: "x-envoy-original-path",
  originalUrl: "x-envoy-original-url",
  overloaded: "x-envoy-overloaded",
  ratelimited: "x-envoy-ratelimited",
  retriableHeaderNames: "x-envoy-retriable-header-names",
  retriableStatusCodes: "x-envoy-retriable-status-codes",
  retryGrpcOn: "x-envoy-retry-grpc-on",
  retryOn: "x-envoy-retry-on",
  unconditionalDropOverload: "x-envoy-unconditional-drop-overload",
  upstreamAltStatName: "x-envoy-upstream-alt-stat-name",
  upstreamCanary: "x-envoy-upstream-canary",
  upstreamHealthcheckedCluster: "x-envoy-upstream-healthchecked-cluster",
  upstreamRqPerTryTimeoutMs: "x-envoy-upstream-rq-per-try-timeout-ms",
  upstreamRqTimeoutAltResponse: "x-envoy-upstream-rq-timeout-alt-response",
  upstreamRqTimeoutMs: "x-envoy-upstream-rq-timeout-ms",
  upstreamServiceTime: "x-envoy-upstream-service-time",
  upstreamStreamDurationMs: "x-envoy-upstream-stream-duration-ms",
};

/** What all of these names, and no others, begin with. */
export const EnvoyHeaderNames = { prefix: `${DEFAULT_PREFIX}-` };

/** `Bootstrap.header_prefix`. */
export function compileHeaderPrefix(prefix: string): Compiled<string> {
  if (/^[\w!#$%&'*+.^`|~-]*$/.test(prefix)) return { ok: true, value: prefix };
  const message = `'${prefix}' is not the beginning of a header's name`;
  return refuse("header_prefix", message);
}

/** `header_prefix`, without the hyphen behind it; "": the usual one. Once for each thread, ahead of everything else. */
export function useEnvoyHeaderPrefix(prefix: string): void {
  const chosen = prefix === "" ? DEFAULT_PREFIX : prefix.toLowerCase();
  for (const key of Object.keys(EnvoyHeader) as EnvoyHeaderKey[]) {
    EnvoyHeader[key] = chosen + EnvoyHeader[key].slice(EnvoyHeaderNames.prefix.length - 1);
  }
  EnvoyHeaderNames.prefix = `${chosen}-`;
}

export type EnvoyHeaderKey = keyof typeof EnvoyHeader;

/** The name that is in use for one that begins with `x-envoy-`. */
export function envoyHeaderName(usual: string): string {
  return EnvoyHeaderNames.prefix + usual.slice(DEFAULT_PREFIX.length + 1);
}
