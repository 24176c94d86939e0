import {
  FilterHeadersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import type { CsrfPolicy } from "@sluice/xds/gen/envoy/extensions/filters/http/csrf/v3/csrf_pb.js";
import { type CompiledCsrfPolicy, compileCsrfPolicy } from "./config.ts";
import { type CsrfStats, createCsrfStats } from "./stats.ts";

interface CsrfConfig {
  readonly policy: CompiledCsrfPolicy;
  readonly stats: CsrfStats;
}

const CHANGING: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE", "PATCH"]);

class CsrfFilter extends PassThroughFilter {
  private readonly config: CsrfConfig;

  constructor(config: CsrfConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { stats } = this.config;
    const callbacks = this.decoding;
    const policy = callbacks.perRouteConfig<CompiledCsrfPolicy>() ?? this.config.policy;
    const context = { runtime: policy.runtime };
    const enabled = policy.enabled?.matches(headers, callbacks.random.uint32(), context) ?? false;
    const shadow = policy.shadow?.matches(headers, callbacks.random.uint32(), context) ?? false;
    if (!enabled && !shadow) return FilterHeadersStatus.Continue;
    if (!CHANGING.has(headers.get(":method") ?? "")) return FilterHeadersStatus.Continue;
    const source = sourceOf(headers);
    if (source === "") stats.missingSourceOrigin.inc();
    else if (
      source === hostAndPort(headers.get(":authority") ?? "") ||
      policy.origins.some((one) => one.matches(source))
    ) {
      stats.requestValid.inc();
      return FilterHeadersStatus.Continue;
    } else stats.requestInvalid.inc();
    if (!enabled) return FilterHeadersStatus.Continue;
    callbacks.sendLocalReply(403, "Invalid origin", "csrf_origin_mismatch");
    return FilterHeadersStatus.StopIteration;
  }
}

/** Where the request comes from; "": it does not say. */
function sourceOf(headers: HeaderMap): string {
  const origin = headers.getAll("origin") ?? "";
  // Who says "null" says nothing (RFC 6454 §7.3).
  return (origin === "null" ? "" : hostAndPort(origin)) || hostAndPort(headers.getAll("referer") ?? "");
}

/** A scheme, perhaps a user, then host and port; behind them a path or a query, but no fragment at once. */
const ABSOLUTE_URL =
  /^[a-z]+:\/\/(?:[a-z\d\-_.!~*'()%;:&=+$,]*@)?((?:[a-z\d\-._]+|\[[\da-f:.%]+\])(?::\d+)?)(?:[/?][!-~\u0080-\u00ff]*)?$/i;

/** Of an absolute URL; anything else as it is. */
function hostAndPort(value: string): string {
  return ABSOLUTE_URL.exec(value)?.[1] ?? value;
}

export const csrfFactory: HttpFilterFactory<CsrfConfig, CompiledCsrfPolicy> = {
  terminal: false,
  compile: (config, context) => {
    const policy = compileCsrfPolicy(asPolicy(config), context);
    return policy.ok
      ? { ok: true, value: { policy: policy.value, stats: createCsrfStats(context.stats) } }
      : policy;
  },
  compilePerRoute: (config, context) => compileCsrfPolicy(asPolicy(config), context),
  create: (config) => new CsrfFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asPolicy(message: unknown): CsrfPolicy {
  return message as CsrfPolicy;
}
