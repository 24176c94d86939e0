import type { QueryParameterMatcher } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { toBinaryString } from "./binary-string.ts";
import type { Compiled, Condition, ExactProbe, HeaderView } from "./contract.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileStringMatcher } from "./string-matcher.ts";

/**
 * The first value of parameter `name` in the query of `path`, as it stands there (nothing is decoded); "" for a parameter
 * without `=`; `undefined` when there is none.
 */
export function queryParameter(path: string, name: string): string | undefined {
  let at = path.indexOf("?");
  while (at !== -1) {
    const start = at + 1;
    const next = path.indexOf("&", start);
    const end = next === -1 ? path.length : next;
    if (path.startsWith(name, start)) {
      const after = start + name.length;
      if (after === end) return "";
      if (after < end && path.charCodeAt(after) === 0x3d) return path.slice(after + 1, end);
    }
    at = next;
  }
  return undefined;
}

class QueryProbe implements ExactProbe {
  readonly id: string;
  private readonly name: string;

  constructor(name: string) {
    this.id = `query ${name}`;
    this.name = name;
  }

  values(headers: HeaderView): string | undefined {
    return queryParameter(headers.get(":path") ?? "", this.name);
  }
}

/** `envoy.config.route.v3.QueryParameterMatcher`. */
export function compileQueryParameterMatcher(
  config: QueryParameterMatcher,
  path: string,
): Compiled<Condition> {
  const problems = new ProblemList();
  const name = toBinaryString(config.name);
  if (name === "") problems.error(fieldPath(path, "name"), "a parameter name is required");
  const specifier = config.queryParameterMatchSpecifier;
  if (specifier.case === "stringMatch") {
    const value = problems.take(compileStringMatcher(specifier.value, fieldPath(path, "string_match")));
    if (value === undefined) return { ok: false, problems: problems.problems };
    const { matchPattern, ignoreCase } = specifier.value;
    const exact =
      matchPattern.case === "exact" && !ignoreCase
        ? { probe: new QueryProbe(name), value: toBinaryString(matchPattern.value) }
        : undefined;
    return problems.result(() => ({
      field: path,
      wanted: `query parameter ${config.name} ${value.wanted}`,
      exact,
      matches(headers) {
        const given = queryParameter(headers.get(":path") ?? "", name);
        return given !== undefined && value.matches(given);
      },
      given: (headers) => queryParameter(headers.get(":path") ?? "", name),
    }));
  }
  const present = specifier.value ?? true;
  return problems.result(() => ({
    field: path,
    wanted: `query parameter ${config.name} is ${present ? "present" : "absent"}`,
    matches: (headers) => (queryParameter(headers.get(":path") ?? "", name) !== undefined) === present,
    given: (headers) => queryParameter(headers.get(":path") ?? "", name),
  }));
}
