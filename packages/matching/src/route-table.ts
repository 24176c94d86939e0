import {
  type Route,
  type VirtualHost,
  VirtualHost_TlsRequirementType,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { CompiledRoute, compileRoute } from "./compiled-route.ts";
import type { Compiled, HeaderView, MatchContext } from "./contract.ts";
import { headerKey } from "./header-matcher.ts";
import type { MatcherTree } from "./matcher/compile-matcher.ts";
import { INSUFFICIENT_DATA } from "./matcher/match-tree.ts";
import { routingPath } from "./path-rule.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileRouteMatcher, RequestMatchingData, RouteList } from "./route-matcher.ts";
import {
  checkDomains,
  type Domain,
  parseDomain,
  VirtualHostIndex,
  withoutPort,
} from "./virtual-host-index.ts";

const EMPTY_CONTEXT: MatchContext = Object.freeze({});

export class CompiledVirtualHost<T> {
  readonly config: VirtualHost;
  /** Where it stands, from the RouteConfiguration's root. */
  readonly path: string;
  readonly domains: readonly Domain[];
  /**
   * `require_tls`: to be checked before any route is. `all`: a request whose x-forwarded-proto is not https is redirected;
   * `externalOnly`: only if it does not come from inside (x-envoy-internal).
   */
  readonly requireTls: "none" | "externalOnly" | "all";
  /** Its routes; empty with a matcher. */
  readonly list: RouteList<T>;
  /** Chooses among lists of routes. */
  readonly matcher: MatcherTree<RouteList<T>> | undefined;
  private readonly ignorePathParameters: boolean;

  constructor(
    config: VirtualHost,
    path: string,
    list: RouteList<T>,
    matcher: MatcherTree<RouteList<T>> | undefined,
    ignorePathParameters: boolean,
  ) {
    this.config = config;
    this.path = path;
    this.domains = config.domains.map(parseDomain);
    this.requireTls = tlsRequirement(config.requireTls);
    this.list = list;
    this.matcher = matcher;
    this.ignorePathParameters = ignorePathParameters;
  }

  /** In the configuration's order; those of a matcher are not among them. */
  get routes(): readonly CompiledRoute<T>[] {
    return this.list.routes;
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
    const { matcher } = this;
    let { list } = this;
    if (matcher !== undefined) {
      const chosen = matcher.match(new RequestMatchingData(headers, context));
      if (chosen === undefined || chosen === INSUFFICIENT_DATA) return undefined;
      list = chosen;
    }
    return list.match(this.routingPath(headers), headers, random, context);
  }
}

/** A RouteConfiguration, ready to be asked. Immutable; one per worker, shared by all its streams. */
export class RouteTable<T> {
  readonly config: RouteConfiguration;
  readonly virtualHosts: readonly CompiledVirtualHost<T>[];
  private readonly index: VirtualHostIndex<CompiledVirtualHost<T>>;
  /** `internal_only_headers`, lower case: what requests from outside must not bring along. */
  readonly internalOnlyHeaders: readonly string[];
  private readonly hostHeader: string;
  private readonly ignorePort: boolean;

  constructor(config: RouteConfiguration, virtualHosts: readonly CompiledVirtualHost<T>[]) {
    this.config = config;
    this.virtualHosts = virtualHosts;
    this.index = new VirtualHostIndex(virtualHosts.map((host) => [host.domains, host] as const));
    this.internalOnlyHeaders = config.internalOnlyHeaders.map(headerKey);
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
  /** Compiles what the route does; `path` and `hostPath` say where both stand, for the paths of the problems. */
  payload(route: Route, virtualHost: VirtualHost, path: string, hostPath: string): Compiled<T>;
  /** Environment variables of the process that matches; without it all are unset. */
  readonly environment?: ((name: string) => string | undefined) | undefined;
}

/**
 * `envoy.config.route.v3.RouteConfiguration` → table. Problems carry paths from the RouteConfiguration's root; what is not
 * implemented (route specifiers) is refused by name. `vhds` is for whoever fetches the virtual hosts that it names.
 */
export function compileRouteTable<T>(
  config: RouteConfiguration,
  options: CompileRouteTableOptions<T>,
): Compiled<RouteTable<T>> {
  const problems = new ProblemList();
  checkDomains(config, problems);
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
  if (host.routeSpecifiers.length > 0)
    problems.unimplemented(fieldPath(path, "route_specifiers"), "route specifiers");
  if (host.matcher && host.routes.length > 0)
    problems.error(path, "cannot set both matcher and routes on virtual host");
  const payload = (route: Route, at: string) => options.payload(route, host, at, path);
  const routes: CompiledRoute<T>[] = [];
  for (const [r, route] of host.routes.entries()) {
    const parts = problems.take(compileRoute(route, fieldPath(path, `routes[${r}]`), payload));
    if (parts !== undefined) routes.push(new CompiledRoute(routes.length, parts));
  }
  const { environment } = options;
  const matcher =
    host.matcher &&
    problems.take(compileRouteMatcher(host.matcher, fieldPath(path, "matcher"), { payload, environment }));
  return new CompiledVirtualHost(
    host,
    path,
    new RouteList(routes),
    matcher,
    config.ignorePathParametersInPathMatching,
  );
}

function tlsRequirement(type: VirtualHost_TlsRequirementType): "none" | "externalOnly" | "all" {
  if (type === VirtualHost_TlsRequirementType.ALL) return "all";
  return type === VirtualHost_TlsRequirementType.EXTERNAL_ONLY ? "externalOnly" : "none";
}
