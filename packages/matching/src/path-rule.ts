import { fromBinary } from "@bufbuild/protobuf";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import type { RouteMatch } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { UriTemplateMatchConfigSchema } from "@sluice/xds/gen/envoy/extensions/path/match/uri_template/v3/uri_template_match_pb.js";
import { asciiLowerCase, toBinaryString } from "./binary-string.ts";
import type { Compiled, HeaderView } from "./contract.ts";
import { compileRegex, compileRegexText, type LinearRegex } from "./linear-regex.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileUriTemplate } from "./uri-template.ts";

/**
 * What a route asks of the path. `text` is a binary string, lower case where case does not count. Paths are compared
 * without query and fragment, see `routingPath`.
 */
export type PathRule =
  | {
      readonly kind: "prefix" | "exact" | "separatedPrefix";
      readonly field: string;
      readonly text: string;
      readonly ignoreCase: boolean;
    }
  | {
      readonly kind: "regex";
      readonly field: string;
      readonly regex: LinearRegex;
      /** As in Envoy, templates see the parameters of segments, wherever they are ignored. */
      readonly withParameters: boolean;
    }
  | { readonly kind: "connect"; readonly field: string };

/** `RouteMatch.path_specifier`; `path` is where the RouteMatch stands. */
export function compilePathRule(match: RouteMatch, path: string): Compiled<PathRule> {
  const problems = new ProblemList();
  const specifier = match.pathSpecifier;
  const ignoreCase = match.caseSensitive === false;
  switch (specifier.case) {
    case "prefix":
    case "path":
    case "pathSeparatedPrefix": {
      const kind = LITERAL_KINDS[specifier.case];
      const text = toBinaryString(specifier.value);
      const field = fieldPath(path, FIELDS[specifier.case]);
      if (kind === "separatedPrefix" && !/^[^?#]+[^?#/]$/.test(text))
        problems.error(field, "must have at least two characters, no ? or #, and must not end in /");
      return problems.result(() => ({
        kind,
        field,
        text: ignoreCase ? asciiLowerCase(text) : text,
        ignoreCase,
      }));
    }
    case "safeRegex": {
      const field = fieldPath(path, "safe_regex");
      const regex = problems.take(compileRegex(specifier.value, field));
      if (regex === undefined) break;
      return { ok: true, value: { kind: "regex", field, regex, withParameters: false } };
    }
    case "connectMatcher":
      return { ok: true, value: { kind: "connect", field: fieldPath(path, "connect_matcher") } };
    case "pathMatchPolicy":
      return compilePathMatchPolicy(specifier.value, fieldPath(path, "path_match_policy"));
    default:
      problems.error(
        path,
        "one of prefix, path, path_separated_prefix, safe_regex and connect_matcher is required",
      );
  }
  return { ok: false, problems: problems.problems };
}

const URI_TEMPLATE = "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

/** The one path matcher that Envoy has: URI templates, as regular expressions. */
export function compilePathMatchPolicy(policy: TypedExtensionConfig, path: string): Compiled<PathRule> {
  const problems = new ProblemList();
  const at = fieldPath(path, "typed_config");
  const type = policy.typedConfig?.typeUrl.replace(/^.*\//, "") ?? "";
  if (policy.typedConfig === undefined || type !== URI_TEMPLATE) {
    problems.unimplemented(at, `path match policy ${type || policy.name}`);
    return { ok: false, problems: problems.problems };
  }
  const { pathTemplate } = fromBinary(UriTemplateMatchConfigSchema, policy.typedConfig.value);
  const template = compileUriTemplate(pathTemplate);
  if (!template.ok) {
    problems.error(fieldPath(at, "path_template"), `${JSON.stringify(pathTemplate)} ${template.message}`);
    return { ok: false, problems: problems.problems };
  }
  const regex = compileRegexText(template.regex, at);
  return regex.ok
    ? { ok: true, value: { kind: "regex", field: path, regex: regex.value, withParameters: true } }
    : regex;
}

const LITERAL_KINDS = { prefix: "prefix", path: "exact", pathSeparatedPrefix: "separatedPrefix" } as const;
const FIELDS = { prefix: "prefix", path: "path", pathSeparatedPrefix: "path_separated_prefix" } as const;

/** The part of `:path` that routes look at. `ignoreParameters`: without what stands behind a semicolon in any segment. */
export function routingPath(path: string, ignoreParameters: boolean): string {
  let end = path.length;
  let hasParameters = false;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === 0x3f || code === 0x23) {
      end = i;
      break;
    }
    if (code === 0x3b) hasParameters = true;
  }
  const bare = end === path.length ? path : path.slice(0, end);
  return ignoreParameters && hasParameters ? bare.replaceAll(/;[^/]*/g, "") : bare;
}

/** CONNECT, or an HTTP/1 upgrade to connect-udp: what `connect_matcher` takes. */
export function isConnect(headers: HeaderView): boolean {
  return (
    headers.get(":method") === "CONNECT" ||
    asciiLowerCase(headers.get("upgrade") ?? "") === "connect-udp" ||
    headers.get(":protocol") === "connect-udp"
  );
}

/** Whether `path` (as of `routingPath`) meets `rule`; what the index answers for many routes at once. */
export function meetsPathRule(rule: PathRule, path: string | undefined, headers: HeaderView): boolean {
  if (rule.kind === "connect") return isConnect(headers);
  if (path === undefined) return false;
  if (rule.kind === "regex") return rule.regex.matchesAll(expressionPath(rule, path, headers));
  const given = rule.ignoreCase ? asciiLowerCase(path) : path;
  switch (rule.kind) {
    case "exact":
      return given === rule.text;
    case "prefix":
      return given.startsWith(rule.text);
    case "separatedPrefix":
      return given.startsWith(rule.text) && endsAtSegment(given, rule.text.length);
  }
}

/** Whether position `at` of `path` is its end or a slash. */
export function endsAtSegment(path: string, at: number): boolean {
  return path.length === at || path.charCodeAt(at) === 0x2f;
}

/** The path that an expression is for; `path` as of `routingPath`. */
function expressionPath(
  { withParameters }: Extract<PathRule, { kind: "regex" }>,
  path: string,
  headers: HeaderView,
): string {
  return withParameters ? routingPath(headers.get(":path") ?? path, false) : path;
}

/** For people. */
export function describePathRule(rule: PathRule): string {
  switch (rule.kind) {
    case "exact":
      return `path is exactly ${JSON.stringify(rule.text)}`;
    case "prefix":
      return `path starts with ${JSON.stringify(rule.text)}`;
    case "separatedPrefix":
      return `path is ${JSON.stringify(rule.text)} or below it`;
    case "regex":
      return `path matches ${rule.regex.source}`;
    case "connect":
      return "method is CONNECT";
  }
}
