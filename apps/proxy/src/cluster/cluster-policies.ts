import { fromBinary } from "@bufbuild/protobuf";
import { type Compiled, gatherProblems, type Problem, type StatsScope } from "@sluice/extension-api";
import {
  type HttpProtocolOptions,
  HttpProtocolOptionsSchema,
} from "@sluice/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import type { CompileUpstreamFilters } from "../http-filter/compile-filter-chain.ts";
import type { HttpFilterConfig } from "../http-filter/filter-chain-config.ts";
import { compileHashPolicy, type HashPolicy } from "../load-balancer/hash-policy.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { compileRetryPolicy } from "../route/compile-retry-policy.ts";
import { compileMirrorPolicies, type MirrorPolicy } from "../route/mirror-policy.ts";
import type { RetryConfig } from "../route/retry-policy.ts";
import { compileErrorMatcher, type ErrorMatcher } from "./outlier/error-matcher.ts";

const CODEC = "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec";

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

/** How what stands in policies is compiled; the filters' compiler knows of clusters, not the other way. */
export interface PolicyCompilers {
  readonly extensions: ExtensionRegistry;
  readonly filters: CompileUpstreamFilters;
}

/** `stats`: `cluster.<name>.`; `path`: where the message stands; `onClose`: called when the policies are thrown away. */
function compileClusterPolicies(
  options: HttpProtocolOptions,
  path: string,
  compilers: PolicyCompilers,
  stats: StatsScope,
  onClose: (release: () => void) => void,
): Compiled<ClusterPolicies> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const { httpFilters, retryPolicy, requestMirrorPolicies, hashPolicy } = options;
  const errorMatcher = options.outlierDetection?.errorMatcher;
  const last = httpFilters.length - 1;
  // As in Envoy, which lets a router's last filter come from elsewhere, but not a cluster's.
  if (httpFilters[last]?.configType.case === "configDiscovery") {
    const message = `the codec is the only terminal filter before an upstream, and stands here itself: ${CODEC} in typed_config`;
    problems.push({ path: `${path}.http_filters[${last}]`, message, severity: "error" });
  }
  const filters =
    httpFilters.length === 0
      ? undefined
      : take(compilers.filters(httpFilters, `${path}.http_filters`, stats, onClose));
  const value: ClusterPolicies = {
    filters,
    retry:
      retryPolicy === undefined
        ? undefined
        : take(compileRetryPolicy(retryPolicy, `${path}.retry_policy`, compilers.extensions)),
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

/** Everything wrong with what a cluster's options say about requests. Holds nothing afterwards. */
export function checkClusterPolicies(
  options: HttpProtocolOptions,
  path: string,
  compilers: PolicyCompilers,
  stats: StatsScope,
): readonly Problem[] {
  const releases: (() => void)[] = [];
  const compiled = compileClusterPolicies(options, path, compilers, stats, (release) =>
    releases.push(release),
  );
  for (const release of releases) release();
  return compiled.ok ? [] : compiled.problems;
}

/** In a worker, of what the main thread has checked. */
export function compileCheckedPolicies(
  encoded: Uint8Array,
  compilers: PolicyCompilers,
  stats: StatsScope,
  onClose: (release: () => void) => void,
): ClusterPolicies {
  const options = fromBinary(HttpProtocolOptionsSchema, encoded);
  const compiled = compileClusterPolicies(options, "", compilers, stats, onClose);
  if (!compiled.ok)
    throw new Error(compiled.problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
  return compiled.value;
}
