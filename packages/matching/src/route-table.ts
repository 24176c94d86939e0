import {
  type Route,
  type VirtualHost,
  VirtualHost_TlsRequirementType,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { Candidate } from "./candidate-list.ts";
import type { Compiled, Condition, HeaderView, MatchContext } from "./contract.ts";
import { headerKey } from "./header-matcher.ts";
import { compilePathRule, type PathRule, routingPath } from "./path-rule.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileRouteConditions } from "./route-conditions.ts";
import { RouteIndex } from "./route-index.ts";
import {
  checkDomains,
  type Domain,
  parseDomain,
  VirtualHostIndex,
  withoutPort,
} from "./virtual-host-index.ts";

const EMPTY_CONTEXT: MatchContext = Object.freeze({});

/** A route, ready to be matched. `payload` is what the user of the table has compiled from its action. */
export class CompiledRoute<T> implements Candidate {
  readonly index: number;
  readonly config: Route;
  readonly virtualHost: CompiledVirtualHost<T>;
  readonly payload: T;
  readonly pathRule: PathRule;
  readonly conditions: readonly Condition[];

  constructor(
    virtualHost: CompiledVirtualHost<T>,
    index: number,
    config: Route,
    match: CompiledMatch,
    payload: T,
  ) {
    this.virtualHost = virtualHost;
    this.index = index;
    this.config = config;
    this.pathRule = match.pathRule;
    this.conditions = match.conditions;
    this.payload = payload;
  }

  accepts(path: string | undefined, headers: HeaderView, random: number, context: MatchContext): boolean {
    const { pathRule, conditions } = this;
    if (pathRule.kind === "regex" && (path === undefined || !pathRule.regex.matchesAll(path))) return false;
    for (let i = 0; i < conditions.length; i++)
      if (conditions[i]?.matches(headers, random, context) === false) return false;
    return true;
  }
}

interface CompiledMatch {
  readonly pathRule: PathRule;
  readonly conditions: readonly Condition[];
}

interface RouteParts<T> extends CompiledMatch {
  readonly config: Route;
  readonly payload: T;
}

export class CompiledVirtualHost<T> {
  readonly config: VirtualHost;
  readonly domains: readonly Domain[];
  /**
   * `require_tls`: to be checked before any route is. `all`: a request whose x-forwarded-proto is not https is redirected;
   * `externalOnly`: only if it does not come from inside (x-envoy-internal).
   */
  readonly requireTls: "none" | "externalOnly" | "all";
  /** In the configuration's order. */
  readonly routes: readonly CompiledRoute<T>[];
  private readonly index: RouteIndex<CompiledRoute<T>>;
  private readonly ignorePathParameters: boolean;

  constructor(config: VirtualHost, parts: readonly RouteParts<T>[], ignorePathParameters: boolean) {
    this.config = config;
    this.domains = config.domains.map(parseDomain);
    this.requireTls = tlsRequirement(config.requireTls);
    this.routes = parts.map((part, i) => new CompiledRoute(this, i, part.config, part, part.payload));
    this.index = new RouteIndex(this.routes);
    this.ignorePathParameters = ignorePathParameters;
  }

  /** The path as its routes see it: without query, fragment and, if so configured, parameters. */
  routingPath(headers: HeaderView): string | undefined {
    const path = headers.get(":path");
    return path === undefined ? undefined : routingPath(path, this.ignorePathParameters);
  }

  /** The first of its routes that takes the request. */
  match(
    headers: HeaderView,
    random: number,
    context: MatchContext = EMPTY_CONTEXT,
  ): CompiledRoute<T> | undefined {
    return this.index.match(this.routingPath(headers), headers, random, context);
  }
}

/** A RouteConfiguration, ready to be asked. Immutable; one per worker, shared by all its streams. */
export class RouteTable<T> {
  readonly config: RouteConfiguration;
  readonly virtualHosts: readonly CompiledVirtualHost<T>[];
  private readonly index: VirtualHostIndex<CompiledVirtualHost<T>>;
  private readonly hostHeader: string;
  private readonly ignorePort: boolean;

  constructor(config: RouteConfiguration, virtualHosts: readonly CompiledVirtualHost<T>[]) {
    this.config = config;
    this.virtualHosts = virtualHosts;
    this.index = new VirtualHostIndex(virtualHosts.map((host) => [host.domains, host] as const));
    this.hostHeader = config.vhostHeader === "" ? ":authority" : headerKey(config.vhostHeader);
    this.ignorePort = config.ignorePortInHostMatching;
  }

  /** The host that is compared with the domains: `:authority` or `vhost_header`, without its port if so configured. */
  host(headers: HeaderView): string | undefined {
    const host = headers.get(this.hostHeader);
    return host === undefined || !this.ignorePort ? host : withoutPort(host);
  }

  findVirtualHost(headers: HeaderView): CompiledVirtualHost<T> | undefined {
    return this.index.find(this.host(headers));
  }

  /**
   * The route that takes the request: the first match of the virtual host whose domain is the most specific.
   *
   * @param random an unsigned 32-bit integer, the same for one request however often it is matched (runtime fractions)
   */
  match(headers: HeaderView, random: number, context?: MatchContext): CompiledRoute<T> | undefined {
    return this.findVirtualHost(headers)?.match(headers, random, context);
  }
}

export interface CompileRouteTableOptions<T> {
  /** Compiles what the route does; `path` is where the route stands, for the paths of the problems. */
  payload(route: Route, virtualHost: VirtualHost, path: string): Compiled<T>;
}

/**
 * `envoy.config.route.v3.RouteConfiguration` → table. Problems carry paths from the RouteConfiguration's root; what is not
 * implemented (matcher trees, VHDS, route specifiers, filter state) is refused by name.
 */
export function compileRouteTable<T>(
  config: RouteConfiguration,
  options: CompileRouteTableOptions<T>,
): Compiled<RouteTable<T>> {
  const problems = new ProblemList();
  checkDomains(config, problems);
  if (config.vhds) problems.unimplemented("vhds", "virtual host discovery");
  if (config.routeSpecifiers.length > 0) problems.unimplemented("route_specifiers", "route specifiers");
  const hosts = config.virtualHosts.map((host, v) =>
    compileVirtualHost(host, config, `virtual_hosts[${v}]`, options, problems),
  );
  return problems.result(() => new RouteTable(config, hosts));
}

function compileVirtualHost<T>(
  host: VirtualHost,
  config: RouteConfiguration,
  path: string,
  options: CompileRouteTableOptions<T>,
  problems: ProblemList,
): CompiledVirtualHost<T> {
  if (host.domains.length === 0)
    problems.error(fieldPath(path, "domains"), "at least one domain is required");
  if (host.matcher) problems.unimplemented(fieldPath(path, "matcher"), "matcher trees in virtual hosts");
  if (host.routeSpecifiers.length > 0)
    problems.unimplemented(fieldPath(path, "route_specifiers"), "route specifiers");
  const parts: RouteParts<T>[] = [];
  for (const [r, route] of host.routes.entries()) {
    const at = fieldPath(path, `routes[${r}]`);
    const match = compileMatch(route, at, problems);
    const payload = options.payload(route, host, at);
    if (!payload.ok) problems.problems.push(...payload.problems);
    else if (match !== undefined) parts.push({ ...match, config: route, payload: payload.value });
  }
  return new CompiledVirtualHost(host, parts, config.ignorePathParametersInPathMatching);
}

function compileMatch(route: Route, path: string, problems: ProblemList): CompiledMatch | undefined {
  if (route.routeSpecifiers.length > 0)
    problems.unimplemented(fieldPath(path, "route_specifiers"), "route specifiers");
  const { match } = route;
  if (match === undefined) {
    problems.error(fieldPath(path, "match"), "a match is required");
    return undefined;
  }
  const pathRule = problems.take(compilePathRule(match, fieldPath(path, "match")));
  const conditions = problems.take(compileRouteConditions(match, fieldPath(path, "match")));
  return pathRule && conditions && { pathRule, conditions };
}

function tlsRequirement(type: VirtualHost_TlsRequirementType): "none" | "externalOnly" | "all" {
  if (type === VirtualHost_TlsRequirementType.ALL) return "all";
  return type === VirtualHost_TlsRequirementType.EXTERNAL_ONLY ? "externalOnly" : "none";
}
