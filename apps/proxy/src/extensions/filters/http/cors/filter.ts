import {
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  type StreamFilter,
} from "@sluice/extension-api";
import type { CorsPolicy } from "@sluice/xds/gen/envoy/extensions/filters/http/cors/v3/cors_pb.js";
import { Headers } from "../../../../http/header-map.ts";
import { type CompiledCorsPolicy, compileCorsPolicy } from "./config.ts";
import { type CorsStats, createCorsStats } from "./stats.ts";

class CorsFilter implements StreamFilter {
  private readonly stats: CorsStats;
  private callbacks: DecoderCallbacks | undefined = undefined;
  /** The route's policies, the most specific first. */
  private policies: readonly CompiledCorsPolicy[] = [];
  /** Of an allowed request; its answer gets the headers. */
  private origin: string | undefined = undefined;

  constructor(stats: CorsStats) {
    this.stats = stats;
  }

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.callbacks = callbacks;
  }
  setEncoderCallbacks(): void {}

  decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { callbacks } = this;
    // As in Envoy, redirects and direct responses have no policy.
    const route = callbacks?.route();
    if (callbacks === undefined || route?.clusterName === undefined) return FilterHeadersStatus.Continue;
    const own = callbacks.allPerRouteConfigs<CompiledCorsPolicy>().toReversed();
    this.policies = own.length > 0 ? own : asPolicies(route.corsPolicies ?? []);
    const [nearest] = this.policies;
    if (nearest === undefined) return FilterHeadersStatus.Continue;
    const context = { runtime: nearest.runtime };
    const enabled = nearest.enabled?.matches(headers, callbacks.random.uint32(), context) ?? true;
    if (!enabled && !nearest.shadow?.matches(headers, callbacks.random.uint32(), context)) {
      return FilterHeadersStatus.Continue;
    }
    const origin = headers.getAll("origin");
    if (origin === undefined || origin === "") return FilterHeadersStatus.Continue;
    const asksFor = headers.getAll("access-control-request-method");
    const preflight = headers.get(":method") === "OPTIONS" && asksFor !== undefined && asksFor !== "";
    if (!this.isAllowed(origin)) {
      this.stats.originInvalid.inc();
      const forward = this.first("forwardNotMatchingPreflights") ?? true;
      if (!enabled || !preflight || forward) return FilterHeadersStatus.Continue;
      // As Envoy: with all but the origin, for want of which the browser refuses.
      callbacks.encodeHeaders(this.preflightAnswer(headers, undefined), true, "cors_response");
      return FilterHeadersStatus.StopIteration;
    }
    this.stats.originValid.inc();
    if (!enabled) return FilterHeadersStatus.Continue;
    this.origin = origin;
    if (!preflight) return FilterHeadersStatus.Continue;
    callbacks.encodeHeaders(this.preflightAnswer(headers, origin), true, "cors_response");
    return FilterHeadersStatus.StopIteration;
  }

  private preflightAnswer(request: HeaderMap, origin: string | undefined): Headers {
    const answer = new Headers([":status", "200"]);
    if (origin !== undefined) answer.append("access-control-allow-origin", origin);
    if (this.first("allowCredentials")) answer.append("access-control-allow-credentials", "true");
    const add = (name: string, value: string | undefined): void => {
      if (value !== undefined) answer.append(name, value);
    };
    // As in Envoy: `*` is what is asked for, even if that is nothing; browsers take `*` itself for a name where there are credentials.
    const granted = (field: "allowMethods" | "allowHeaders", asked: string): string | undefined => {
      const allowed = this.firstText(field);
      return allowed === "*" ? (request.getAll(asked) ?? "") : allowed;
    };
    add("access-control-allow-methods", granted("allowMethods", "access-control-request-method"));
    add("access-control-allow-headers", granted("allowHeaders", "access-control-request-headers"));
    add("access-control-max-age", this.firstText("maxAge"));
    if (
      request.get("access-control-request-private-network") === "true" &&
      this.first("allowPrivateNetworkAccess")
    ) {
      answer.append("access-control-allow-private-network", "true");
    }
    return answer;
  }

  decodeData(): FilterDataStatus {
    return FilterDataStatus.Continue;
  }
  decodeTrailers(): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    if (this.origin === undefined) return FilterHeadersStatus.Continue;
    headers.set("access-control-allow-origin", this.origin);
    if (this.first("allowCredentials")) headers.set("access-control-allow-credentials", "true");
    const expose = this.firstText("exposeHeaders");
    if (expose !== undefined) headers.set("access-control-expose-headers", expose);
    return FilterHeadersStatus.Continue;
  }
  encodeData(): FilterDataStatus {
    return FilterDataStatus.Continue;
  }
  encodeTrailers(): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }
  onDestroy(): void {
    this.callbacks = undefined;
  }

  /** By the first level that lists origins; a matcher that takes `*` takes everything. */
  private isAllowed(origin: string): boolean {
    const origins = this.policies.find((policy) => policy.origins.length > 0)?.origins ?? [];
    return origins.some((matcher) => matcher.matches("*") || matcher.matches(origin));
  }

  private first(
    field: "allowCredentials" | "allowPrivateNetworkAccess" | "forwardNotMatchingPreflights",
  ): boolean | undefined {
    return this.policies.find((policy) => policy[field] !== undefined)?.[field];
  }

  private firstText(field: "allowMethods" | "allowHeaders" | "exposeHeaders" | "maxAge"): string | undefined {
    return this.policies.find((policy) => policy[field] !== "")?.[field];
  }
}

export const corsFactory: HttpFilterFactory<CorsStats, CompiledCorsPolicy> = {
  terminal: false,
  compile: (_config, context) => ({ ok: true, value: createCorsStats(context.stats) }),
  compilePerRoute: (config, context) => compileCorsPolicy(asPolicy(config), context),
  create: (stats) => new CorsFilter(stats),
};

/** Routes have them from `compilePerRoute`. */
function asPolicies(policies: readonly unknown[]): readonly CompiledCorsPolicy[] {
  return policies as readonly CompiledCorsPolicy[];
}
/** The registry hands a factory only messages of its `perRouteConfigTypes`. */
function asPolicy(message: unknown): CorsPolicy {
  return message as CorsPolicy;
}
