import { RE2JS } from "re2js";

/** The first place in `name` where the pattern holds; positions of its groups, the whole at 0. */
export interface TagPattern {
  readonly groups: number;
  find(name: string): TagMatch | undefined;
}

export interface TagMatch {
  /** `undefined`: the group took no part. */
  group(index: number): { readonly text: string; readonly start: number; readonly end: number } | undefined;
}

/**
 * A regular expression of `stats_tags`. Envoy reads these with C++'s `std::regex`, unlike all others: ECMAScript's syntax with POSIX
 * classes. What RE2 knows, too, runs in linear time; the rest (looking ahead, back-references) as JavaScript's, so that
 * its cost is in the hands of whoever wrote it, as in Envoy. Answers what is wrong with it, else.
 */
export function compileTagPattern(regex: string): TagPattern | string {
  try {
    return linearPattern(RE2JS.compile(regex));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Looking behind and named groups are JavaScript's alone.
    if (/\(\?(?![=!:])/.test(regex)) return message;
    try {
      return backtrackingPattern(new RegExp(withoutPosixClasses(regex), "d"));
    } catch {
      return message;
    }
  }
}

function linearPattern(pattern: RE2JS): TagPattern {
  return {
    groups: pattern.groupCount(),
    find: (name) => {
      const match = pattern.matcher(name);
      if (!match.find()) return undefined;
      return {
        group: (index) => {
          const start = match.start(index);
          return start < 0 ? undefined : { text: match.group(index) ?? "", start, end: match.end(index) };
        },
      };
    },
  };
}

function backtrackingPattern(pattern: RegExp): TagPattern {
  // With an empty alternative it always matches, which tells how many groups it has.
  const groups = (new RegExp(`${pattern.source}|`).exec("")?.length ?? 1) - 1;
  return {
    groups,
    find: (name) => {
      const match = pattern.exec(name);
      if (match === null) return undefined;
      return {
        group: (index) => {
          const [start, end] = match.indices?.[index] ?? [];
          return start === undefined || end === undefined
            ? undefined
            : { text: match[index] ?? "", start, end };
        },
      };
    },
  };
}

/** `[[:digit:]_]` → `[\d_]`. An unknown class is left as it is, and so refused by nobody, as by JavaScript. */
function withoutPosixClasses(regex: string): string {
  return regex.replaceAll(/\[:(\w+):\]/g, (all, name: string) => POSIX_CLASSES[name] ?? all);
}

/** Of ASCII, within a bracket expression. */
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  d: "\\d",
  digit: "\\d",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  s: "\\s",
  space: "\\s",
  upper: "A-Z",
  w: "\\w",
  xdigit: "0-9A-Fa-f",
};
