import type { Directive } from "./directive.ts";

export type LocationKind = "exact" | "regex" | "prefix_final" | "prefix";

export interface LocationMatch {
  readonly kind: LocationKind;
  readonly text: string;
  /** A route's `match`. */
  readonly match: Readonly<Record<string, unknown>>;
}

/** What a `location` takes, or why that cannot be said in a route. */
export function matchOf({ args }: Directive): LocationMatch | string {
  const [first = "", second] = args;
  if (first.startsWith("@")) return "named locations are not carried over";
  if (second === undefined) {
    const glued = /^(=|~\*|~|\^~)(.+)$/.exec(first);
    return glued === null ? plain("prefix", first) : matchOfModifier(glued[1] ?? "", glued[2] ?? "");
  }
  return args.length > 2 ? "a location has one pattern" : matchOfModifier(first, second);
}

function matchOfModifier(modifier: string, text: string): LocationMatch | string {
  if (modifier === "=") return plain("exact", text);
  if (modifier === "^~") return plain("prefix_final", text);
  if (modifier !== "~" && modifier !== "~*") return `'${modifier}' is no modifier of a location`;
  const regex = wholeRegex(text);
  if (regex === undefined)
    return "its regular expression cannot be said as one that takes the whole path in linear time";
  const cased = modifier === "~*" ? `(?i)${regex}` : regex;
  return { kind: "regex", text, match: { safe_regex: { regex: cased } } };
}

function plain(kind: "exact" | "prefix" | "prefix_final", text: string): LocationMatch | string {
  if (!text.startsWith("/")) return "its path does not begin with '/'";
  return { kind, text, match: kind === "exact" ? { path: text } : { prefix: text } };
}

/**
 * nginx looks for the expression anywhere in the path, Envoy takes the whole path; anchors inside, look-around and
 * back-references have no counterpart.
 */
function wholeRegex(text: string): string | undefined {
  if (/\(\?[=!<>]|\\[1-9]|\\[kKG]|\(\?<?[A-Za-z]+>|[*+?}]\+/.test(text)) return undefined;
  const head = text.startsWith("^");
  const tail = /(?:^|[^\\])(?:\\\\)*\$$/.test(text);
  const inner = text.slice(head ? 1 : 0, tail ? -1 : undefined);
  const bare = inner.replace(/\\./g, "").replace(/\[[^\]]*\]/g, "");
  if (/[\^$]/.test(bare)) return undefined;
  if ((head || tail) && hasOuterAlternative(bare)) return undefined;
  return `${head ? "" : ".*"}${hasOuterAlternative(bare) ? `(?:${inner})` : inner}${tail ? "" : ".*"}`;
}

function hasOuterAlternative(text: string): boolean {
  let depth = 0;
  for (const char of text) {
    if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "|" && depth === 0) return true;
  }
  return false;
}

/**
 * In the order in which the first match is nginx's choice: exact paths, then final prefixes (`^~`), expressions as they stand, other
 * prefixes; the longest prefix first.
 *
 * @returns why there is no such order
 */
export function orderLocations<T extends { readonly match: LocationMatch }>(
  locations: readonly T[],
): readonly T[] | string {
  const of = (kind: LocationKind) => locations.filter(({ match }) => match.kind === kind);
  const byLength = (items: readonly T[]) =>
    [...items].sort((a, b) => b.match.text.length - a.match.text.length);
  const regexes = of("regex");
  if (regexes.length === 0) return [...of("exact"), ...byLength([...of("prefix_final"), ...of("prefix")])];
  for (const outer of of("prefix_final"))
    for (const inner of of("prefix"))
      if (inner.match.text.startsWith(outer.match.text))
        return `'${inner.match.text}' lies within '^~ ${outer.match.text}' and regular expressions win in it: no order of routes says that`;
  return [...of("exact"), ...byLength(of("prefix_final")), ...regexes, ...byLength(of("prefix"))];
}
