import {
  FilterHeadersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import type { RBAC, RBACPerRoute } from "@sluice/xds/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import { streamOf } from "../../../../http-connection-manager/stream-of.ts";
import type { RbacDecision } from "../../../../rbac/rbac-engine.ts";
import { RbacInput } from "../../../../rbac/rbac-input.ts";
import { compileHttpRbac, type HttpRbacRules, NO_RULES } from "./config.ts";
import { createRbacStats, type RbacStats } from "./stats.ts";

const METADATA = "envoy.filters.http.rbac";

interface HttpRbacConfig {
  readonly rules: HttpRbacRules;
  /** A route's rules count here too. */
  readonly stats: RbacStats;
}

class HttpRbacFilter extends PassThroughFilter {
  private readonly config: HttpRbacConfig;

  constructor(config: HttpRbacConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { decoding: callbacks, config } = this;
    const { stats } = config;
    const rules = callbacks.perRouteConfig<HttpRbacRules>() ?? config.rules;
    const { engine, shadow } = rules;
    if (engine === undefined && shadow === undefined) return FilterHeadersStatus.Continue;
    const { connection, streamInfo } = callbacks;
    const input = new RbacInput(connection, streamInfo, {
      headers,
      stream: streamOf(callbacks),
      routeMetadata: callbacks.route()?.metadata,
    });
    const metadata: Record<string, unknown> = {};
    const shadowed = shadow?.decide(input);
    if (shadowed !== undefined) {
      (shadowed.allowed ? stats.shadowAllowed : stats.shadowDenied).inc();
      if (rules.countsPolicies && shadowed.policy !== "")
        stats.shadowPolicy(shadowed.policy, shadowed.allowed).inc();
      tell(metadata, `${rules.shadowPrefix || config.rules.shadowPrefix}shadow`, shadowed);
    }
    const decision = engine?.decide(input);
    if (decision !== undefined) {
      (decision.allowed ? stats.allowed : stats.denied).inc();
      if (rules.countsPolicies && decision.policy !== "")
        stats.policy(decision.policy, decision.allowed).inc();
      tell(metadata, `${rules.rulesPrefix || config.rules.rulesPrefix}enforced`, decision);
      if (decision.log !== undefined)
        streamInfo.setDynamicMetadata("envoy.common", { access_log_hint: decision.log });
    }
    streamInfo.setDynamicMetadata(METADATA, metadata);
    if (decision === undefined || decision.allowed) return FilterHeadersStatus.Continue;
    const policy = decision.policy === "" ? "none" : decision.policy.replace(/\s/g, "_");
    callbacks.sendLocalReply(403, "RBAC: access denied", `rbac_access_denied_matched_policy[${policy}]`);
    return FilterHeadersStatus.StopIteration;
  }
}

function tell(metadata: Record<string, unknown>, prefix: string, { policy, allowed }: RbacDecision): void {
  if (policy !== "") metadata[`${prefix}_effective_policy_id`] = policy;
  metadata[`${prefix}_engine_result`] = allowed ? "allowed" : "denied";
}

export const httpRbacFactory: HttpFilterFactory<HttpRbacConfig, HttpRbacRules> = {
  terminal: false,
  compile: (message, context) => {
    const config = asConfig(message);
    const rules = compileHttpRbac(config, "");
    if (!rules.ok) return rules;
    const stats = createRbacStats(context.stats, config.rulesStatPrefix, config.shadowRulesStatPrefix);
    return { ok: true, value: { rules: rules.value, stats } };
  },
  compilePerRoute: (message) => {
    const { rbac } = asPerRoute(message);
    return rbac === undefined ? { ok: true, value: NO_RULES } : compileHttpRbac(rbac, "rbac");
  },
  create: (config) => new HttpRbacFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): RBAC {
  return message as RBAC;
}
/** … and of its `perRouteConfigTypes`. */
function asPerRoute(message: unknown): RBACPerRoute {
  return message as RBACPerRoute;
}
