import type { Compiled, Problem } from "@sluice/extension-api";
import { compileHeaderMatcher, type HeaderView } from "@sluice/matching";
import type { MatchPredicate } from "@sluice/xds/gen/envoy/config/common/matcher/v3/matcher_pb.js";

/** Whether a response is an error in the eyes of outlier detection. */
export type ErrorMatcher = (response: HeaderView) => boolean;

/**
 * `error_matcher` of a cluster's `HttpProtocolOptions.OutlierDetection`. Only the response's head is shown to it, so that
 * rules about anything else are refused beforehand (Envoy takes them, and they never hold).
 */
export function compileErrorMatcher(predicate: MatchPredicate, path: string): Compiled<ErrorMatcher> {
  const problems: Problem[] = [];
  const value = compilePredicate(predicate, path, problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

function compilePredicate({ rule }: MatchPredicate, path: string, problems: Problem[]): ErrorMatcher {
  switch (rule.case) {
    case "orMatch": {
      const rules = rule.value.rules.map((one, i) =>
        compilePredicate(one, `${path}.or_match.rules[${i}]`, problems),
      );
      return (response) => rules.some((one) => one(response));
    }
    case "andMatch": {
      const rules = rule.value.rules.map((one, i) =>
        compilePredicate(one, `${path}.and_match.rules[${i}]`, problems),
      );
      return (response) => rules.every((one) => one(response));
    }
    case "notMatch": {
      const inner = compilePredicate(rule.value, `${path}.not_match`, problems);
      return (response) => !inner(response);
    }
    case "httpResponseHeadersMatch": {
      const conditions = rule.value.headers.flatMap((header, i) => {
        const compiled = compileHeaderMatcher(header, `${path}.http_response_headers_match.headers[${i}]`);
        if (compiled.ok) return [compiled.value];
        problems.push(...compiled.problems);
        return [];
      });
      return (response) => conditions.every((condition) => condition.matches(response, 0, NOTHING_ELSE));
    }
    default:
      return () => rule.case === "anyMatch";
  }
}

const NOTHING_ELSE = Object.freeze({});

/** The status that outlier detection hears: what is an error counts as a server error, what is none as a success. */
export function judgedStatus(
  matcher: ErrorMatcher | undefined,
  response: HeaderView,
  status: number,
): number {
  if (matcher === undefined) return status;
  if (!matcher(response)) return 200;
  return status < 500 ? 500 : status;
}
