import { RE2JS } from "re2js";

/** Steps of a compiled pattern, as Envoy limits them (`regex_max_program_size`). */
const PROGRAM_STEPS_MAX = 100;
const KEPT_MAX = 256;

const kept = new Map<string, RE2JS>();

/**
 * RE2's pattern; those of the configuration stay compiled, and so do those that requests bring, as long as they are few. Throws
 * on one that is malformed or too large.
 */
export function patternOf(text: string): RE2JS {
  const known = kept.get(text);
  if (known !== undefined) return known;
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(text);
  } catch (error) {
    throw new Error(`invalid regular expression: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (pattern.programSize() > PROGRAM_STEPS_MAX)
    throw new Error("regular expression exceeds max allowed size");
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(text, pattern);
  return pattern;
}

/** `re.extract`: the first match, written as `rewrite` says with `\0` to `\9`. Throws where there is none. */
export function extract(target: string, pattern: string, rewrite: string): string {
  const matcher = patternOf(pattern).matcher(target);
  if (!matcher.find()) throw new Error("unable to extract for the given regex");
  return rewrite.replace(/\\([0-9\\])/g, (_, what: string) =>
    what === "\\" ? "\\" : (matcher.group(Number(what)) ?? ""),
  );
}

/** `re.capture`: the first group where the whole text matches. Throws where it does not, or there is no group. */
export function capture(target: string, pattern: string): string {
  const matcher = patternOf(pattern).matcher(target);
  if (matcher.groupCount() < 1 || !matcher.matches())
    throw new Error("unable to capture groups for the given regex");
  return matcher.group(1) ?? "";
}

/** `re.captureN`: all groups by name, or by number where they have none. Throws where the whole text does not match. */
export function captureAll(target: string, pattern: string): Map<string, string> {
  const compiled = patternOf(pattern);
  const matcher = compiled.matcher(target);
  if (matcher.groupCount() < 1 || !matcher.matches())
    throw new Error("unable to capture groups for the given regex");
  const names = new Map<number, string>();
  for (const [name, index] of Object.entries(compiled.namedGroups())) names.set(index, name);
  const groups = new Map<string, string>();
  for (let i = 1; i <= matcher.groupCount(); i++)
    groups.set(names.get(i) ?? String(i), matcher.group(i) ?? "");
  return groups;
}
