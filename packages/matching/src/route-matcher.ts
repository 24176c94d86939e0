import {
  type Route,
  type RouteList as RouteListConfig,
  RouteListSchema,
  RouteSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { FilterStateInputSchema } from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import { HttpRequestHeaderMatchInputSchema } from "@sluice/xds/gen/envoy/type/matcher/v3/http_inputs_pb.js";
import { CompiledRoute, compileRoute } from "./compiled-route.ts";
import type { Compiled, HeaderView, MatchContext } from "./contract.ts";
import { compileMatcher, type MatcherConfig, type MatcherTree } from "./matcher/compile-matcher.ts";
import { environmentInput } from "./matcher/environment-input.ts";
import { HTTP_INPUTS } from "./matcher/http-inputs.ts";
import type { MatchInput, MatchingData } from "./matcher/matching-data.ts";
import { compileExtension, type KnownExtensions, known } from "./matcher/typed-extension.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { RouteIndex } from "./route-index.ts";

/** Routes in their order, with the index over them. */
export class RouteList<T> {
  readonly routes: readonly CompiledRoute<T>[];
  private readonly index: RouteIndex<CompiledRoute<T>>;

  constructor(routes: readonly CompiledRoute<T>[]) {
    this.routes = routes;
    this.index = new RouteIndex(routes);
  }

  /** The first that takes the request; `path` as of `routingPath`. */
  match(
    path: string | undefined,
    headers: HeaderView,
    random: number,
    context: MatchContext,
  ): CompiledRoute<T> | undefined {
    return this.index.match(path, headers, random, context);
  }
}

/** What a matcher tree reads of a request while its route is looked for. */
export class RequestMatchingData implements MatchingData {
  readonly requestHeaders: HeaderView;
  private readonly context: MatchContext;

  constructor(requestHeaders: HeaderView, context: MatchContext) {
    this.requestHeaders = requestHeaders;
    this.context = context;
  }

  get connection(): MatchContext["connection"] {
    return this.context.connection;
  }
  get runtime(): MatchContext["runtime"] {
    return this.context.runtime;
  }
  dynamicMetadata(filter: string): Readonly<Record<string, unknown>> | undefined {
    return this.context.dynamicMetadata?.(filter);
  }
  filterState(key: string): unknown {
    return this.context.filterState?.(key);
  }
}

/** What Envoy lets a virtual host's matcher look at. */
function routeInputs(environment: ((name: string) => string | undefined) | undefined) {
  const inputs = new Map([environmentInput(environment ?? (() => undefined))]);
  for (const { typeName } of [HttpRequestHeaderMatchInputSchema, FilterStateInputSchema]) {
    const input = HTTP_INPUTS.get(typeName);
    if (input !== undefined) inputs.set(typeName, input);
  }
  return inputs;
}

export interface CompileRouteMatcherOptions<T> {
  payload(route: Route, path: string): Compiled<T>;
  /** Environment variables of the process that matches; without it all are unset. */
  readonly environment?: ((name: string) => string | undefined) | undefined;
}

/** `VirtualHost.matcher`: its actions are a Route or a RouteList, whose own matches hold too. */
export function compileRouteMatcher<T>(
  config: MatcherConfig,
  path: string,
  options: CompileRouteMatcherOptions<T>,
): Compiled<MatcherTree<RouteList<T>>> {
  const listOf = (routes: readonly Route[], pathOf: (index: number) => string): Compiled<RouteList<T>> => {
    const problems = new ProblemList();
    const compiled = routes.flatMap((route, i) => {
      const parts = problems.take(compileRoute(route, pathOf(i), options.payload));
      return parts === undefined ? [] : [new CompiledRoute(i, parts)];
    });
    return problems.result(() => new RouteList(compiled));
  };
  const actions: KnownExtensions<RouteList<T>> = new Map([
    known<Route, RouteList<T>>(RouteSchema, (route, at) => listOf([route], () => at)),
    known<RouteListConfig, RouteList<T>>(RouteListSchema, ({ routes }, at) =>
      listOf(routes, (i) => fieldPath(at, `routes[${i}]`)),
    ),
  ]);
  const inputs: KnownExtensions<MatchInput> = routeInputs(options.environment);
  return compileMatcher(config, path, {
    inputs,
    keepMatching: false,
    action: (action, at) => compileExtension(action, actions, "route action", at),
  });
}
