import type { CookieMatcher } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { toBinaryString } from "./binary-string.ts";
import type { Compiled, Condition, HeaderView } from "./contract.ts";
import { headerValues } from "./header-values.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileStringMatcher } from "./string-matcher.ts";

/** The first value of cookie `name` in `cookies` (a Cookie header, RFC 6265 §4.2.1), without surrounding quotes. */
function cookieIn(cookies: string, name: string): string | undefined {
  let start = 0;
  while (start < cookies.length) {
    const semicolon = cookies.indexOf(";", start);
    const end = semicolon === -1 ? cookies.length : semicolon;
    while (start < end && cookies.charCodeAt(start) === 0x20) start++;
    const after = start + name.length;
    if (after < end && cookies.charCodeAt(after) === 0x3d && cookies.startsWith(name, start)) {
      const value = cookies.slice(after + 1, end).trimEnd();
      return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    }
    start = end + 1;
  }
  return undefined;
}

/** Cookie headers as one; several of them (HTTP/2 splits them) are joined as RFC 9113 §8.2.3 says. */
function cookiesOf(headers: HeaderView): string {
  const first = headers.get("cookie") ?? "";
  return headers.getAll("cookie") === first ? first : headerValues(headers, "cookie").join("; ");
}

/** The first value of cookie `name` (a binary string); `undefined` when there is none. */
export function cookieValue(headers: HeaderView, name: string): string | undefined {
  return cookieIn(cookiesOf(headers), name);
}

/** `envoy.config.route.v3.CookieMatcher`; a cookie that is missing fails, unless inverted. */
export function compileCookieMatcher(config: CookieMatcher, path: string): Compiled<Condition> {
  const problems = new ProblemList();
  const name = toBinaryString(config.name);
  if (name === "") problems.error(fieldPath(path, "name"), "a cookie name is required");
  if (config.stringMatch === undefined) {
    problems.error(fieldPath(path, "string_match"), "a match is required");
    return { ok: false, problems: problems.problems };
  }
  const value = problems.take(compileStringMatcher(config.stringMatch, fieldPath(path, "string_match")));
  if (value === undefined) return { ok: false, problems: problems.problems };
  const invert = config.invertMatch;
  return problems.result(() => ({
    field: path,
    wanted: `${invert ? "not: " : ""}cookie ${config.name} ${value.wanted}`,
    matches(headers) {
      const given = cookieValue(headers, name);
      return (given !== undefined && value.matches(given)) !== invert;
    },
    given: (headers) => cookieValue(headers, name),
  }));
}
