import type { HeaderMatcher } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { asciiLowerCase, toBinaryString } from "./binary-string.ts";
import type { Compiled, Condition, ExactProbe, HeaderView } from "./contract.ts";
import { headerValues, isRepeated, someHeaderValue } from "./header-values.ts";
import { compileRegex } from "./linear-regex.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { type CompiledStringMatcher, compileStringMatcher, literalMatcher } from "./string-matcher.ts";

/** The name that a request keeps a header under: `host` is its `:authority`, as in Envoy. */
export function headerKey(name: string): string {
  const key = asciiLowerCase(name);
  return key === "host" ? ":authority" : key;
}

/**
 * `envoy.config.route.v3.HeaderMatcher`, every kind. Of a repeated header one value must pass, or none where the match is
 * inverted. A header that is missing fails every comparison, inverted or not, unless `treat_missing_header_as_empty`.
 */
export function compileHeaderMatcher(config: HeaderMatcher, path: string): Compiled<Condition> {
  const problems = new ProblemList();
  const specifier = config.headerMatchSpecifier;
  if (config.name === "") problems.error(fieldPath(path, "name"), "a header name is required");
  if (specifier.case === undefined || specifier.case === "presentMatch") {
    const present = (specifier.value ?? true) !== config.invertMatch;
    return problems.result(() => new PresenceCondition(path, config, present));
  }
  const value = problems.take(compileValue(config, path));
  if (value === undefined) return { ok: false, problems: problems.problems };
  return problems.result(() => new ValueCondition(path, config, value));
}

function compileValue(config: HeaderMatcher, path: string): Compiled<CompiledStringMatcher> {
  const specifier = config.headerMatchSpecifier;
  switch (specifier.case) {
    case "exactMatch":
      // The deprecated form takes an empty text for "any value".
      return {
        ok: true,
        value: literalMatcher(specifier.value === "" ? "prefix" : "exact", specifier.value, false),
      };
    case "prefixMatch":
      return { ok: true, value: literalMatcher("prefix", specifier.value, false) };
    case "suffixMatch":
      return { ok: true, value: literalMatcher("suffix", specifier.value, false) };
    case "containsMatch":
      return { ok: true, value: literalMatcher("contains", specifier.value, false) };
    case "stringMatch":
      return compileStringMatcher(specifier.value, fieldPath(path, "string_match"));
    case "rangeMatch":
      return { ok: true, value: rangeMatcher(specifier.value.start, specifier.value.end) };
    case "safeRegexMatch": {
      const regex = compileRegex(specifier.value, fieldPath(path, "safe_regex_match"));
      if (!regex.ok) return regex;
      const { source } = regex.value;
      return {
        ok: true,
        value: { wanted: `matches ${source}`, matches: (value) => regex.value.matchesAll(value) },
      };
    }
    default:
      return { ok: false, problems: [{ path, message: "a header match is required", severity: "error" }] };
  }
}

/** A base-10 64-bit integer in [start, end). */
function rangeMatcher(start: bigint, end: bigint): CompiledStringMatcher {
  return {
    wanted: `is an integer in [${start}, ${end})`,
    matches(value) {
      const number = parseInt64(value);
      return number !== undefined && number >= start && number < end;
    },
  };
}

const INT64_MAX = 2n ** 63n - 1n;

/** As absl::SimpleAtoi: spaces around and a sign are allowed; `undefined` when it is no 64-bit integer. */
function parseInt64(text: string): bigint | undefined {
  const digits = /^[\t-\r ]*([+-]?)(\d+)[\t-\r ]*$/.exec(text);
  if (digits === null) return undefined;
  const magnitude = BigInt(digits[2] ?? "");
  const number = digits[1] === "-" ? -magnitude : magnitude;
  return number > INT64_MAX || number < -INT64_MAX - 1n ? undefined : number;
}

/** The one value that `config` takes, if it takes only one. */
function exactText(config: HeaderMatcher): string | undefined {
  const specifier = config.headerMatchSpecifier;
  if (specifier.case === "exactMatch") return specifier.value === "" ? undefined : specifier.value;
  if (specifier.case !== "stringMatch" || specifier.value.ignoreCase) return undefined;
  const pattern = specifier.value.matchPattern;
  return pattern.case === "exact" ? pattern.value : undefined;
}

class HeaderProbe implements ExactProbe {
  readonly id: string;
  private readonly key: string;

  constructor(key: string) {
    this.id = `header ${key}`;
    this.key = key;
  }

  values(headers: HeaderView): string | readonly string[] | undefined {
    const joined = headers.getAll(this.key);
    if (joined === undefined || !isRepeated(headers, this.key, joined)) return joined;
    return headerValues(headers, this.key);
  }
}

class PresenceCondition implements Condition {
  readonly field: string;
  readonly wanted: string;
  private readonly key: string;
  private readonly present: boolean;
  /** A header that counts as empty where it is missing is always there. */
  private readonly missingIsEmpty: boolean;

  constructor(field: string, config: HeaderMatcher, present: boolean) {
    this.field = field;
    this.key = headerKey(config.name);
    this.present = present;
    this.missingIsEmpty = config.treatMissingHeaderAsEmpty;
    const missing = this.missingIsEmpty ? ", missing counting as empty" : "";
    this.wanted = `header ${config.name} is ${present ? "present" : "absent"}${missing}`;
  }

  matches(headers: HeaderView): boolean {
    return (this.missingIsEmpty || headers.get(this.key) !== undefined) === this.present;
  }

  given(headers: HeaderView): string | undefined {
    return headers.getAll(this.key);
  }
}

class ValueCondition implements Condition {
  readonly field: string;
  readonly wanted: string;
  readonly exact: Condition["exact"];
  private readonly key: string;
  private readonly value: CompiledStringMatcher;
  private readonly invert: boolean;
  private readonly missingIsEmpty: boolean;

  constructor(field: string, config: HeaderMatcher, value: CompiledStringMatcher) {
    this.field = field;
    this.key = headerKey(config.name);
    this.value = value;
    this.invert = config.invertMatch;
    this.missingIsEmpty = config.treatMissingHeaderAsEmpty;
    const exact = exactText(config);
    this.exact =
      exact === undefined || this.invert || this.missingIsEmpty
        ? undefined
        : { probe: new HeaderProbe(this.key), value: toBinaryString(exact) };
    const missing = this.missingIsEmpty ? ", missing counting as empty" : "";
    this.wanted = `${this.invert ? "not: " : ""}header ${config.name} ${value.wanted}${missing}`;
  }

  matches(headers: HeaderView): boolean {
    const found = someHeaderValue(headers, this.key, this.value.matches);
    if (found !== undefined) return found !== this.invert;
    return this.missingIsEmpty && this.value.matches("") !== this.invert;
  }

  given(headers: HeaderView): string | undefined {
    return headers.getAll(this.key);
  }
}
