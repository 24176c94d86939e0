import { create } from "@bufbuild/protobuf";
import { compileHeaderMatcher } from "@sluice/matching";
import { HeaderMatcherSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { EnvoyHeader, type EnvoyHeaderKey } from "../../../../http/envoy-headers.ts";
import type { Headers } from "../../../../http/header-map.ts";
import { parseRetryOn } from "../../../../http/retry-on.ts";
import type { RetryConfig } from "../../../../route/retry-policy.ts";
import { parseUint64 } from "./parse-uint64.ts";

const NO_POLICY: RetryConfig = Object.freeze({
  retryOn: 0,
  numRetries: 1,
  perTryTimeoutMs: 0,
  perTryIdleTimeoutMs: 0,
  statusCodes: [],
  retriableHeaders: [],
  retriableRequestHeaders: [],
  baseIntervalMs: 0,
  maxIntervalMs: 0,
  resetHeaders: [],
  resetMaxIntervalMs: 300_000,
  hostPredicates: [],
  hostSelectionMaxAttempts: 1,
  priority: undefined,
  refreshesCluster: false,
});

const HEADERS: readonly EnvoyHeaderKey[] = [
  "retryOn",
  "retryGrpcOn",
  "maxRetries",
  "retriableStatusCodes",
  "retriableHeaderNames",
];

const NONE: readonly (string | undefined)[] = [];

/**
 * The route's policy with what the request's headers add, which are taken off. `undefined`: there will be no retry.
 *
 * @param asks whether the request has headers that ask anything of the router
 */
export function readRetryPolicy(
  headers: Headers,
  policy: RetryConfig | undefined,
  asks: boolean,
): RetryConfig | undefined {
  const [on, grpcOn, max, codes, names] = asks
    ? HEADERS.map((key) => headers.getAll(EnvoyHeader[key]))
    : NONE;
  if (asks) for (const key of HEADERS) headers.remove(EnvoyHeader[key]);
  const base = policy ?? NO_POLICY;
  let { retryOn } = base;
  if (on !== undefined) retryOn |= parseRetryOn(on, "http").bits;
  if (grpcOn !== undefined) retryOn |= parseRetryOn(grpcOn, "grpc").bits;
  const wanted = base.retriableRequestHeaders;
  if (wanted.length > 0 && !wanted.some((condition) => condition.matches(headers, 0, {}))) return undefined;
  if (retryOn === 0) return undefined;
  if (
    on === undefined &&
    grpcOn === undefined &&
    max === undefined &&
    codes === undefined &&
    names === undefined
  )
    return base;
  return {
    ...base,
    retryOn,
    numRetries: max === undefined ? base.numRetries : (retries(max) ?? base.numRetries),
    statusCodes: [...base.statusCodes, ...list(codes).flatMap((code) => parseUint64(code) ?? [])],
    retriableHeaders: [...base.retriableHeaders, ...list(names).flatMap(presence)],
  };
}

function list(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** As Envoy, which keeps 32 bits of it. */
function retries(text: string): number | undefined {
  const wanted = parseUint64(text);
  return wanted === undefined ? undefined : wanted % 2 ** 32;
}

function presence(name: string): RetryConfig["retriableHeaders"] {
  const compiled = compileHeaderMatcher(create(HeaderMatcherSchema, { name }), "");
  return compiled.ok ? [compiled.value] : [];
}
