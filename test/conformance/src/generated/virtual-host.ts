import { any, type Dice, type Json, type JsonObject } from "./dice.ts";
import { headerFields } from "./header-edits.ts";
import type { HostRecipe, RouteRecipe } from "./recipe.ts";
import { rateLimit, routeAction } from "./route-action.ts";
import { perFilter } from "./route-filters.ts";
import { headerMatch, routeMatch } from "./route-match.ts";

export interface MadeHost {
  readonly config: JsonObject;
  readonly recipe: HostRecipe;
}

interface MadeRoute {
  readonly config: JsonObject;
  readonly recipe: RouteRecipe;
}

/** Names of a route configuration's domains, which must differ. */
export class Domains {
  private readonly taken = new Set<string>();

  /** Up to three domains for a virtual host, with hosts that they take. */
  take(dice: Dice, name: string): { readonly domains: string[]; readonly hosts: string[] } {
    const domains: string[] = [];
    const hosts: string[] = [];
    for (const [domain, ...hits] of [
      ...dice.times(0, 2, () => domainOf(dice, name)),
      ownDomain(dice, name),
    ]) {
      if (this.taken.has(domain.toLowerCase())) continue;
      this.taken.add(domain.toLowerCase());
      domains.push(domain);
      hosts.push(...hits);
    }
    return { domains, hosts };
  }
}

type Domain = readonly [domain: string, ...hosts: string[]];

function ownDomain(dice: Dice, name: string): Domain {
  return dice.one<Domain>(
    () => [`${name}.test`, `${name}.test`, `${name.toUpperCase()}.test`],
    () => [`*.${name}.test`, `x.${name}.test`, `y.x.${name}.TEST`],
    () => [`${name}.*`, `${name}.test`, `${name}.`],
    () => [`*-${name}.test`, `a-${name}.test`, `-${name}.test`],
    () => [`${name}.test:8080`, `${name}.test:8080`, `${name}.test`],
  );
}

/** Ones that overlap with those of other hosts. */
function domainOf(dice: Dice, name: string): Domain {
  return dice.one<Domain>(
    () => ["*.test", `${name}-other.test`, "x.test"],
    () => ["shared.*", "shared.test", "shared.com"],
    () => ["shared.test", "shared.test"],
    () => ["*.shared.test", "a.shared.test"],
    () => ["Mixed.Test", "mixed.test", "MIXED.test"],
    () => ["*", "anything", `${name}.elsewhere`],
    () => ["*:8080", "port.else:8080"],
    () => ["10.0.0.1", "10.0.0.1"],
    () => ["[::1]:8080", "[::1]:8080"],
  );
}

/** A virtual host of `chain`'s listener. */
export function virtualHost(
  dice: Dice,
  listener: string,
  name: string,
  domains: Domains,
  chain: readonly string[],
): MadeHost {
  const taken = domains.take(dice, name);
  const tree = dice.chance(0.12);
  const count = 1 + dice.below(5);
  const routes = Array.from({ length: count }, (_, at) =>
    madeRoute(dice, `${name}-${at}`, chain, !tree && at === count - 1 && dice.chance(0.7)),
  );
  return {
    recipe: {
      listener,
      name,
      hosts: taken.hosts.length > 0 ? taken.hosts : [name],
      routes: routes.map(({ recipe }) => recipe),
    },
    config: {
      name,
      domains: taken.domains.length > 0 ? taken.domains : [`only-${name}.test`],
      ...(tree ? { matcher: matcherTree(dice, routes) } : { routes: routes.map(({ config }) => config) }),
      ...headerFields(dice, 0.25),
      metadata: { filter_metadata: { gen: { h: `host of ${name}` } } },
      ...dice.fields({
        require_tls: [0.12, () => dice.pick(["ALL", "EXTERNAL_ONLY", "NONE"])],
        virtual_clusters: [0.25, () => virtualClusters(dice)],
        include_request_attempt_count: [0.2, () => true],
        include_attempt_count_in_response: [0.2, () => true],
        retry_policy: [
          0.1,
          () => ({ retry_on: "5xx", num_retries: 1, retry_back_off: { base_interval: "0.001s" } }),
        ],
        rate_limits: [0.1, () => [rateLimit(dice)]],
        typed_per_filter_config: [0.35, () => perFilter(dice, chain)],
        include_is_timeout_retry_header: [0.1, () => true],
      }),
    },
  };
}

function madeRoute(dice: Dice, name: string, chain: readonly string[], last: boolean): MadeRoute {
  const match = routeMatch(dice, { last });
  const { path_match_policy: policy } = match.config;
  const template = policy === undefined ? undefined : templateOf(policy);
  return {
    recipe: match.recipe,
    config: {
      match: match.config,
      ...routeAction(dice, match.kind, template),
      ...(dice.chance(0.85) ? { name } : {}),
      ...headerFields(dice, 0.25),
      ...dice.fields({
        metadata: [0.4, () => ({ filter_metadata: { gen: { r: `route ${name}`, n: 2 } } })],
        stat_prefix: [0.2, () => name],
        typed_per_filter_config: [0.4, () => perFilter(dice, chain)],
        decorator: [0.1, () => ({ operation: "op" })],
      }),
    },
  };
}

function templateOf(policy: Json): string | undefined {
  return /"path_template":"([^"]*)"/.exec(JSON.stringify(policy))?.[1];
}

function virtualClusters(dice: Dice): Json {
  return dice.times(1, 2, (at) => ({
    name: `vc${at}`,
    headers: dice.times(1, 2, () =>
      dice.chance(0.5) ? headerMatch(dice).config : { name: ":path", string_match: { prefix: "/a" } },
    ),
  }));
}

/** A tree of matchers over the routes. */
function matcherTree(dice: Dice, routes: readonly MadeRoute[]): JsonObject {
  const action = (list: readonly MadeRoute[]): JsonObject => {
    const [only] = list;
    const typed =
      list.length === 1 && only !== undefined
        ? any("envoy.config.route.v3.Route", only.config)
        : any("envoy.config.route.v3.RouteList", { routes: list.map(({ config }) => config) });
    return { action: { name: "route", typed_config: typed } };
  };
  const half = Math.ceil(routes.length / 2);
  const [first, rest] = [action(routes.slice(0, half)), routes.slice(half)];
  const fallback = rest.length > 0 ? { on_no_match: action(rest) } : {};
  const input = headerInput(dice.pick(["x-a", "x-b", ":path"]));
  return dice.one<JsonObject>(
    () => ({
      matcher_tree: { input, exact_match_map: { map: { a: first, "/a": first, ab: first } } },
      ...fallback,
    }),
    () => ({ matcher_tree: { input, prefix_match_map: { map: { a: first, "/": first } } }, ...fallback }),
    () => ({ matcher_list: { matchers: [{ predicate: predicate(dice, 2), on_match: first }] }, ...fallback }),
  );
}

function headerInput(name: string): JsonObject {
  return {
    name: "header",
    typed_config: any("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: name }),
  };
}

function predicate(dice: Dice, depth: number): JsonObject {
  if (depth === 0 || dice.chance(0.5))
    return {
      single_predicate: {
        input: headerInput(dice.pick(["x-a", "x-b", ":path"])),
        value_match: dice.pick<JsonObject>([
          { exact: "a" },
          { prefix: "a" },
          { suffix: "b" },
          { contains: "a" },
          { safe_regex: { google_re2: {}, regex: "/?a.*" } },
        ]),
      },
    };
  return dice.one<JsonObject>(
    () => ({ and_matcher: { predicate: [predicate(dice, depth - 1), predicate(dice, depth - 1)] } }),
    () => ({ or_matcher: { predicate: [predicate(dice, depth - 1), predicate(dice, depth - 1)] } }),
    () => ({ not_matcher: predicate(dice, depth - 1) }),
  );
}
