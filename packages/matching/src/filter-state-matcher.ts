import type { FilterStateMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/filter_state_pb.js";
import { compileCidrSet } from "./cidr-map.ts";
import type { Compiled, Condition, MatchContext } from "./contract.ts";
import { splitAddress } from "./matcher/connection-view.ts";
import { filterStateText } from "./matcher/matching-data.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileStringMatcher } from "./string-matcher.ts";

/** `envoy.type.matcher.v3.FilterStateMatcher`; an object that is missing, or has no text, does not match. */
export function compileFilterStateMatcher(config: FilterStateMatcher, path: string): Compiled<Condition> {
  const problems = new ProblemList();
  const { key, matcher } = config;
  if (key === "") problems.error(fieldPath(path, "key"), "a key is required");
  switch (matcher.case) {
    case "stringMatch": {
      const value = problems.take(compileStringMatcher(matcher.value, fieldPath(path, "string_match")));
      if (value === undefined) break;
      return problems.result(() =>
        condition(path, `filter state ${key} ${value.wanted}`, key, value.matches),
      );
    }
    case "addressMatch": {
      const { ranges, invertMatch } = matcher.value;
      const set = problems.take(compileCidrSet(ranges, fieldPath(path, "address_match.ranges")));
      if (set === undefined) break;
      const blocks = ranges.map((range) => `${range.addressPrefix}/${range.prefixLen ?? 0}`).join(", ");
      return problems.result(() =>
        condition(
          path,
          `filter state ${key} is ${invertMatch ? "an address outside of" : "in"} ${blocks}`,
          key,
          (text) => set.has(splitAddress(text)?.ip ?? text) !== invertMatch,
        ),
      );
    }
    default:
      problems.error(path, "one of string_match and address_match is required");
  }
  return { ok: false, problems: problems.problems };
}

function condition(field: string, wanted: string, key: string, test: (text: string) => boolean): Condition {
  return {
    field,
    wanted,
    matches(_headers, _random, context: MatchContext) {
      const text = filterStateText(context.filterState?.(key));
      return text !== undefined && test(text);
    },
    given: (_headers, context) => filterStateText(context.filterState?.(key)),
  };
}
