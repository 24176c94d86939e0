import { fromBinary } from "@bufbuild/protobuf";
import type { Compiled, Problem, StatsScope } from "@sluice/extension-api";
import {
  type HttpProtocolOptions,
  HttpProtocolOptionsSchema,
} from "@sluice/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { compileErrorMatcher, type ErrorMatcher } from "../cluster/outlier/error-matcher.ts";
import { compileHttpFilters } from "../http-filter/compile-filter-chain.ts";
import type { HttpFilterConfig } from "../http-filter/filter-chain-config.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { compileRetryPolicy } from "./compile-retry-policy.ts";
import { compileHashPolicy, type HashPolicy } from "./hash-policy.ts";
import { compileMirrorPolicies, type MirrorPolicy } from "./mirror-policy.ts";
import type { RetryConfig } from "./retry-policy.ts";

/** What a cluster's `HttpProtocolOptions` say about requests to it; undefined: nothing. */
export interface ClusterPolicies {
  /** `http_filters`: what each try passes, before what the router has. */
  readonly filters: readonly HttpFilterConfig[] | undefined;
  /** These three take the place of the route's, as in Envoy. */
  readonly retry: RetryConfig | undefined;
  readonly mirrors: readonly MirrorPolicy[] | undefined;
  readonly hashPolicy: HashPolicy | undefined;
  /** What outlier detection goes by in place of the status. */
  readonly isError: ErrorMatcher | undefined;
}

/** `stats`: `cluster.<name>.`; `path`: where the message stands. */
export function compileClusterPolicies(
  options: HttpProtocolOptions,
  path: string,
  worker: WorkerContext,
  stats: StatsScope,
): Compiled<ClusterPolicies> {
  const problems: Problem[] = [];
  const take = <T>(compiled: Compiled<T>): T | undefined => {
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return undefined;
  };
  const { httpFilters, retryPolicy, requestMirrorPolicies, hashPolicy } = options;
  const errorMatcher = options.outlierDetection?.errorMatcher;
  const filters =
    httpFilters.length === 0
      ? undefined
      : take(
          compileHttpFilters(httpFilters, `${path}.http_filters`, {
            worker,
            stats,
            listenerName: stats.prefix,
            upstream: true,
            onClose() {},
          }),
        );
  const value: ClusterPolicies = {
    filters,
    retry:
      retryPolicy === undefined
        ? undefined
        : take(compileRetryPolicy(retryPolicy, `${path}.retry_policy`, worker.extensions)),
    mirrors:
      requestMirrorPolicies.length === 0
        ? undefined
        : take(compileMirrorPolicies(requestMirrorPolicies, `${path}.request_mirror_policies`)),
    hashPolicy: take(compileHashPolicy(hashPolicy, `${path}.hash_policy`)),
    isError:
      errorMatcher === undefined
        ? undefined
        : take(compileErrorMatcher(errorMatcher, `${path}.outlier_detection.error_matcher`)),
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.freeze(value) };
}

/** In a worker, of what the main thread has checked. */
export function compileCheckedPolicies(
  encoded: Uint8Array,
  worker: WorkerContext,
  stats: StatsScope,
): ClusterPolicies {
  const compiled = compileClusterPolicies(fromBinary(HttpProtocolOptionsSchema, encoded), "", worker, stats);
  if (!compiled.ok)
    throw new Error(compiled.problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
  return compiled.value;
}
