import { any, type Dice, type Json, type JsonObject } from "./dice.ts";
import type { NamedValues, RouteRecipe } from "./recipe.ts";
import { stringMatch } from "./string-match.ts";

export interface MadeMatch {
  readonly config: JsonObject;
  readonly recipe: RouteRecipe;
  readonly kind: PathKind;
}

export type PathKind = "prefix" | "path" | "separated" | "regex" | "template" | "connect";

interface MadePath {
  readonly kind: PathKind;
  readonly config: JsonObject;
  readonly paths: readonly string[];
}

interface MadeValues {
  readonly config: JsonObject;
  readonly wants: NamedValues | undefined;
}

const PREFIXES = ["/", "/a", "/a/", "/A", "/a/b", "/api", "/api/v1/", "/a%2Fb", "/x.y", "/a;p", "/é"];
const SEPARATED = ["/a", "/api", "/api/v1", "/A/b", "/x.y"];
const EXPRESSIONS: readonly (readonly [regex: string, ...paths: string[]])[] = [
  ["/.*", "/", "/a/b"],
  ["/a/[^/]+", "/a/b", "/a/c"],
  ["/(api|a)/v(\\d+)/.*", "/api/v1/x", "/a/v22/"],
  ["/[a-z]+\\.json", "/data.json"],
  ["^/a$", "/a"],
  ["/(?i)api/?", "/API", "/api/"],
];
const TEMPLATES: readonly (readonly [template: string, ...paths: string[]])[] = [
  ["/a/*", "/a/x", "/a/b"],
  ["/a/{one}/b/{two}", "/a/1/b/2", "/a/x.y/b/z"],
  ["/{one}/**", "/a/b/c", "/api/"],
  ["/api/{two=v1/*}/{one}", "/api/v1/x/y"],
  ["/{one}/{two=**}", "/a/b/c", "/x/y"],
  ["/{one}.json/{two}", "/x.json/y"],
];
const HEADERS = ["x-a", "x-b", "x-c", "x-multi"];
const PSEUDO = [":method", ":authority", ":path", "host", "user-agent", "content-type"];
const PARAMETERS = ["q", "p", "debug", "Q"];
const COOKIES = ["session", "c", "C"];

/** A RouteMatch, with what requests must be like for it. */
export function routeMatch(dice: Dice, options: { readonly last: boolean }): MadeMatch {
  const path = options.last && dice.chance(0.8) ? ANY_PATH : pathMatch(dice);
  const headers = options.last ? [] : dice.times(0, 2, () => headerMatch(dice)).slice(dice.below(2));
  const query = dice.chance(0.2) && !options.last ? dice.times(1, 2, () => parameterMatch(dice)) : [];
  const cookies = dice.chance(0.12) && !options.last ? dice.times(1, 2, () => cookieMatch(dice)) : [];
  const config: JsonObject = {
    ...path.config,
    ...(headers.length > 0 ? { headers: headers.map((made) => made.config) } : {}),
    ...(query.length > 0 ? { query_parameters: query.map((made) => made.config) } : {}),
    ...(cookies.length > 0 ? { cookies: cookies.map((made) => made.config) } : {}),
    ...dice.fields({
      case_sensitive: [path.kind === "template" ? 0 : 0.15, () => dice.chance(0.3)],
      grpc: [options.last ? 0 : 0.06, () => ({})],
      runtime_fraction: [options.last ? 0.03 : 0.12, () => runtimeFraction(dice)],
      dynamic_metadata: [options.last ? 0 : 0.06, () => [metadataMatch(dice)]],
      tls_context: [options.last ? 0 : 0.04, () => ({ presented: dice.chance(0.5) })],
    }),
  };
  const wanted = (list: readonly MadeValues[]) => list.flatMap(({ wants }) => (wants ? [wants] : []));
  const grpc: NamedValues[] =
    "grpc" in config
      ? [
          {
            name: "content-type",
            values: ["application/grpc", "application/grpc+proto", "application/grpcx"],
          },
        ]
      : [];
  return {
    config,
    kind: path.kind,
    recipe: {
      paths: path.paths,
      ...(path.kind === "connect" ? { method: "CONNECT" } : {}),
      headers: [...wanted(headers), ...grpc],
      query: wanted(query),
      cookies: wanted(cookies),
    },
  };
}

const ANY_PATH: MadePath = { kind: "prefix", config: { prefix: "/" }, paths: ["/", "/a/b", "/other"] };

function pathMatch(dice: Dice): MadePath {
  const sort = dice.below(20);
  if (sort < 7) {
    const prefix = dice.pick(PREFIXES);
    return { kind: "prefix", config: { prefix }, paths: [prefix, `${prefix}/x`, `${prefix}x`] };
  }
  if (sort < 10) {
    const path = dice.pick(PREFIXES);
    return { kind: "path", config: { path }, paths: [path] };
  }
  if (sort < 13) {
    const path = dice.pick(SEPARATED);
    return { kind: "separated", config: { path_separated_prefix: path }, paths: [path, `${path}/x/y`] };
  }
  if (sort < 16) {
    const [regex, ...paths] = dice.pick(EXPRESSIONS);
    return { kind: "regex", config: { safe_regex: { regex } }, paths };
  }
  if (sort < 19) {
    const [template, ...paths] = dice.pick(TEMPLATES);
    const policy = any("envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig", {
      path_template: template,
    });
    const name = "envoy.path.match.uri_template.uri_template_matcher";
    return { kind: "template", config: { path_match_policy: { name, typed_config: policy } }, paths };
  }
  return { kind: "connect", config: { connect_matcher: {} }, paths: ["/"] };
}

export function headerMatch(dice: Dice): MadeValues {
  const name = dice.chance(0.85) ? dice.pick(HEADERS) : dice.pick(PSEUDO);
  const invert = dice.chance(0.2);
  const made = dice.one<{ config: JsonObject; hits: readonly string[] }>(
    () => {
      const { config, hits } = stringMatch(dice);
      return { config: { string_match: config }, hits };
    },
    () => {
      const { config, hits } = stringMatch(dice);
      return { config: { string_match: config }, hits };
    },
    () => {
      const start = dice.pick([-10, 0, 5]);
      const end = start + 1 + dice.below(10);
      return { config: { range_match: { start, end } }, hits: [String(start), String(end - 1), String(end)] };
    },
    () => ({ config: { present_match: dice.chance(0.7) }, hits: ["", "a"] }),
    () => ({ config: {}, hits: ["a"] }),
  );
  return {
    config: {
      name,
      ...made.config,
      ...(invert ? { invert_match: true } : {}),
      ...(dice.chance(0.15) ? { treat_missing_header_as_empty: true } : {}),
    },
    wants: invert || name.startsWith(":") || name === "host" ? undefined : { name, values: made.hits },
  };
}

function parameterMatch(dice: Dice): MadeValues {
  const name = dice.pick(PARAMETERS);
  if (dice.chance(0.3))
    return { config: { name, present_match: dice.chance(0.7) }, wants: { name, values: ["", "1"] } };
  if (dice.chance(0.1)) return { config: { name }, wants: { name, values: ["1"] } };
  const { config, hits } = stringMatch(dice);
  return { config: { name, string_match: config }, wants: { name, values: hits } };
}

function cookieMatch(dice: Dice): MadeValues {
  const name = dice.pick(COOKIES);
  const { config, hits } = stringMatch(dice);
  const invert = dice.chance(0.2);
  return {
    config: { name, string_match: config, ...(invert ? { invert_match: true } : {}) },
    wants: invert ? undefined : { name, values: hits },
  };
}

export const RUNTIME: JsonObject = { "gen.none": 0, "gen.all": 100, "gen.on": true, "gen.off": false };

export function runtimeFraction(dice: Dice): JsonObject {
  return {
    default_value: { numerator: dice.pick([0, 100, 100]), denominator: "HUNDRED" },
    ...(dice.chance(0.3) ? { runtime_key: dice.pick(["gen.none", "gen.all", "gen.unset"]) } : {}),
  };
}

function metadataMatch(dice: Dice): Json {
  return {
    filter: dice.pick(["gen", "gen.headers"]),
    path: [{ key: dice.pick(["k", "n", "absent"]) }],
    value: dice.pick<JsonObject>([
      { string_match: { exact: "v" } },
      { present_match: true },
      { double_match: { exact: 1 } },
    ]),
    ...(dice.chance(0.2) ? { invert: true } : {}),
  };
}
