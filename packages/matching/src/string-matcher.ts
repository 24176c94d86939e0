import { asciiLowerCase, toBinaryString } from "./binary-string.ts";
import type { Compiled } from "./contract.ts";
import { compileRegex, type RegexConfig } from "./linear-regex.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";

export interface CompiledStringMatcher {
  /** What it asks for, for people: `is exactly "a"`. */
  readonly wanted: string;
  /** `value` is a binary string (one char code per octet). */
  matches(value: string): boolean;
}

/** `envoy.type.matcher.v3.StringMatcher` and `xds.type.matcher.v3.StringMatcher`. */
export interface StringMatcherConfig {
  readonly matchPattern:
    | { readonly case: "exact" | "prefix" | "suffix" | "contains"; readonly value: string }
    | { readonly case: "safeRegex"; readonly value: RegexConfig }
    | { readonly case: "custom"; readonly value: { readonly name: string } }
    | { readonly case: undefined; readonly value?: undefined };
  readonly ignoreCase: boolean;
}

/** Every kind but `custom`; `path` is where it stands. */
export function compileStringMatcher(
  config: StringMatcherConfig,
  path: string,
): Compiled<CompiledStringMatcher> {
  const problems = new ProblemList();
  const pattern = config.matchPattern;
  switch (pattern.case) {
    case "exact":
    case "prefix":
    case "suffix":
    case "contains":
      return { ok: true, value: literalMatcher(pattern.case, pattern.value, config.ignoreCase) };
    case "safeRegex": {
      if (config.ignoreCase)
        problems.error(
          fieldPath(path, "ignore_case"),
          "has no effect on safe_regex: write (?i) into the expression",
        );
      const regex = problems.take(compileRegex(pattern.value, fieldPath(path, "safe_regex")));
      if (regex === undefined) break;
      return problems.result(() => ({
        wanted: `matches ${regex.source}`,
        matches: (value) => regex.matchesAll(value),
      }));
    }
    case "custom":
      problems.unimplemented(fieldPath(path, "custom"), `string matcher ${pattern.value.name}`);
      break;
    default:
      problems.error(path, "one of exact, prefix, suffix, contains and safe_regex is required");
  }
  return { ok: false, problems: problems.problems };
}

/** The four comparisons with a fixed text; `text` as in the configuration (not yet a binary string). */
export function literalMatcher(
  kind: "exact" | "prefix" | "suffix" | "contains",
  text: string,
  ignoreCase: boolean,
): CompiledStringMatcher {
  const binary = toBinaryString(text);
  const wanted = `${PHRASES[kind]} ${JSON.stringify(text)}${ignoreCase ? " in any case" : ""}`;
  if (ignoreCase) {
    const lower = asciiLowerCase(binary);
    const inner = comparison(kind, lower);
    return { wanted, matches: (value) => inner(asciiLowerCase(value)) };
  }
  return { wanted, matches: comparison(kind, binary) };
}

const PHRASES = { exact: "is exactly", prefix: "starts with", suffix: "ends with", contains: "contains" };

function comparison(kind: "exact" | "prefix" | "suffix" | "contains", text: string) {
  switch (kind) {
    case "exact":
      return (value: string) => value === text;
    case "prefix":
      return (value: string) => value.startsWith(text);
    case "suffix":
      return (value: string) => value.endsWith(text);
    case "contains":
      return (value: string) => value.includes(text);
  }
}
