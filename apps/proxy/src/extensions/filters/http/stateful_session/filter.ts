import {
  FilterHeadersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
  ResponseFlag,
  refuse,
} from "@sluice/extension-api";
import type {
  StatefulSession,
  StatefulSessionPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.js";
import type { SessionState } from "../../../../http/session-state.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import { compileStatefulSession, type StatefulSessionConfig } from "./config.ts";

class StatefulSessionFilter extends PassThroughFilter {
  private config: StatefulSessionConfig;
  private active = false;
  private state: SessionState | undefined = undefined;

  constructor(config: StatefulSessionConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const callbacks = this.decoding;
    const ofRoute = callbacks.perRouteConfig<StatefulSessionConfig | "disabled">();
    if (ofRoute === "disabled") return FilterHeadersStatus.Continue;
    this.config = ofRoute ?? this.config;
    this.active = true;
    const { states, strict, statusWhenAbsent } = this.config;
    this.state = states?.of(headers);
    const address = this.state?.upstreamAddress;
    if (address !== undefined) callbacks.setUpstreamOverrideHost({ address, strict, statusWhenAbsent });
    return FilterHeadersStatus.Continue;
  }

  override encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { active, state, config } = this;
    const { stats, strict } = config;
    const { streamInfo } = this.encoding;
    const upstream = streamInfo.upstreamRemoteAddress;
    if (state === undefined) {
      if (active && upstream !== undefined) stats?.noSession.inc();
    } else if (upstream !== undefined) {
      if (!state.onUpdate(upstream, headers)) stats?.routed.inc();
      else if (!strict) stats?.failedOpen.inc();
    } else if (strict && (streamInfo.responseFlags & ResponseFlag.NoHealthyUpstream) !== 0) {
      stats?.failedClosed.inc();
    }
    return FilterHeadersStatus.Continue;
  }
}

export const statefulSessionFactory: HttpFilterFactory<
  StatefulSessionConfig,
  StatefulSessionConfig | "disabled"
> = {
  terminal: false,
  compile: (message, context) => compileStatefulSession(asConfig(message), "", asHttpContext(context), true),
  compilePerRoute: (message, context) => {
    const { override } = asPerRoute(message);
    if (override.case === "statefulSession")
      return compileStatefulSession(override.value, "stateful_session", asHttpContext(context), false);
    if (override.case === "disabled") return { ok: true, value: "disabled" };
    const problem = "disabled or stateful_session is required";
    return refuse("", problem);
  },
  create: (config) => new StatefulSessionFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): StatefulSession {
  return message as StatefulSession;
}
/** … and of its `perRouteConfigTypes`. */
function asPerRoute(message: unknown): StatefulSessionPerRoute {
  return message as StatefulSessionPerRoute;
}
