import { RE2JS } from "re2js";
import { toBinaryString } from "./binary-string.ts";
import type { Compiled } from "./contract.ts";
import { fieldPath } from "./problem-list.ts";

/** A regular expression in RE2 syntax whose cost is linear in the input's length, whatever the pattern. */
export interface LinearRegex {
  readonly source: string;
  /** Whether the WHOLE of `value` (a binary string) matches, octet by octet. */
  matchesAll(value: string): boolean;
}

/** `envoy.type.matcher.v3.RegexMatcher` and `xds.type.matcher.v3.RegexMatcher`. */
export interface RegexConfig {
  readonly $typeName?: string;
  readonly regex: string;
  readonly engineType:
    | { readonly case: "googleRe2"; readonly value: object }
    | { readonly case: undefined; readonly value?: undefined };
}

/** `path` is where the matcher stands. */
export function compileRegex(config: RegexConfig, path: string): Compiled<LinearRegex> {
  const engine = config.engineType.value;
  // Only of these Envoy still wants the engine named.
  if (config.$typeName === "xds.type.matcher.v3.RegexMatcher" && engine === undefined) {
    const message = "google_re2 is required";
    return { ok: false, problems: [{ path: fieldPath(path, "google_re2"), message, severity: "error" }] };
  }
  const sizeMax =
    engine !== undefined && "maxProgramSize" in engine && typeof engine.maxProgramSize === "number"
      ? engine.maxProgramSize
      : undefined;
  return compileRegexText(config.regex, fieldPath(path, "regex"), sizeMax);
}

/**
 * Compares octets, as Envoy does: what is no ASCII in `regex` stands for its octets in UTF-8, one by one, and `.` for one octet.
 *
 * @param sizeMax steps that the compiled program may have at most; its measure is that of this engine, close to RE2's
 */
export function compileRegexText(regex: string, path: string, sizeMax?: number): Compiled<LinearRegex> {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(toBinaryString(regex));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${JSON.stringify(regex)} is not an RE2 regular expression: ${reason}`;
    return { ok: false, problems: [{ path, message, severity: "error" }] };
  }
  const size = pattern.programSize();
  if (sizeMax !== undefined && size > sizeMax) {
    const message = `regex '${regex}' RE2 program size of ${size} > max program size of ${sizeMax}. Increase configured max program size if necessary.`;
    return { ok: false, problems: [{ path, message, severity: "error" }] };
  }
  return {
    ok: true,
    value: {
      source: regex,
      matchesAll: (value) => pattern.testExact(value),
    },
  };
}

/**
 * A literal with which every match of `regex` begins, "" when none can be told. Never longer than what is certain:
 * anything but plain characters and escaped punctuation ends it.
 */
export function literalPrefix(regex: string): string {
  if (hasTopLevelAlternative(regex)) return "";
  let prefix = "";
  let at = regex.startsWith("^") ? 1 : 0;
  while (at < regex.length) {
    let literal = regex.charAt(at);
    let next = at + 1;
    if (literal === "\\") {
      literal = regex.charAt(next);
      if (!/^[!-/:-@[-`{-~]$/.test(literal)) break;
      next++;
    } else if (/[.[\](){}*+?|^$]/.test(literal) || literal > "\x7f") break;
    // A quantifier that allows zero times takes the literal away again.
    if (/[*?{]/.test(regex.charAt(next))) break;
    prefix += literal;
    if (regex.charAt(next) === "+") break;
    at = next;
  }
  return prefix;
}

function hasTopLevelAlternative(regex: string): boolean {
  // \Q…\E quotes make the depth count wrong; so rare that they are not worth understanding.
  if (regex.includes("\\Q")) return true;
  let depth = 0;
  let inClass = false;
  for (let i = 0; i < regex.length; i++) {
    const c = regex.charAt(i);
    if (c === "\\") i++;
    else if (inClass) inClass = c !== "]";
    else if (c === "[") {
      inClass = true;
      // A "]" right behind "[" or "[^" stands for itself.
      if (regex.charAt(i + 1) === "^") i++;
      if (regex.charAt(i + 1) === "]") i++;
    } else if (c === "(") depth++;
    else if (c === ")") depth--;
    else if (c === "|" && depth === 0) return true;
  }
  return false;
}
