import { isUtf8 } from "node:buffer";
import type { HeaderMap } from "@sluice/extension-api";
import { type Compiled, gatherProblems, type Problem } from "@sluice/extension-api";
import { compileStringMatcher } from "@sluice/matching";
import type { ListStringMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/string_pb.js";

/** Tells whether a header's name (lower case) is on the list. */
export type HeaderList = (name: string) => boolean;

/** A list of matchers; `also`: names that are on it in any case. */
export function compileHeaderList(
  list: ListStringMatcher | undefined,
  path: string,
  also: readonly string[] = [],
): Compiled<HeaderList> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const matchers = (list?.patterns ?? []).map((pattern, i) =>
    take(compileStringMatcher(pattern, `${path}.patterns[${i}]`)),
  );
  if (problems.length > 0) return { ok: false, problems };
  const value: HeaderList = (name) =>
    also.includes(name) || matchers.some((matcher) => matcher?.matches(name) === true);
  return { ok: true, value };
}

/** A header as a service sees it; binary strings. */
export type SeenHeader = readonly [name: string, value: string];

/**
 * The headers that `allowed` (undefined: all) and `disallowed` let through, without `hidden`. Values of one name are joined with commas and made
 * valid UTF-8, unless they are to be `raw`.
 */
export function seenHeaders(
  headers: HeaderMap,
  lists: { readonly allowed: HeaderList | undefined; readonly disallowed: HeaderList | undefined },
  hidden: string,
  raw: boolean,
): SeenHeader[] {
  const { allowed, disallowed } = lists;
  const seen: SeenHeader[] = [];
  const joined = new Map<string, string>();
  headers.forEach((name, value) => {
    if (name === hidden || disallowed?.(name) === true || allowed?.(name) === false) return;
    if (raw) {
      seen.push([name, value]);
      return;
    }
    const before = joined.get(name);
    joined.set(name, before === undefined ? validUtf8(value) : `${before},${validUtf8(value)}`);
  });
  return raw ? seen : [...joined];
}

/** A binary string whose octets are UTF-8 (RFC 3629): those that are part of no character are `!`. */
export function validUtf8(text: string): string {
  if (isAscii(text) || isUtf8(Buffer.from(text, "latin1"))) return text;
  return text.replaceAll(NOT_ASCII, (octets) => {
    let valid = "";
    for (let i = 0; i < octets.length; ) {
      const character = CHARACTER.exec(octets.slice(i, i + 4))?.[0];
      valid += character ?? "!";
      i += character?.length ?? 1;
    }
    return valid;
  });
}

const NOT_ASCII = /[\x80-\xff]+/g;
const CHARACTER =
  /^(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})/;

/** An ordinary string of octets that are UTF-8, or become so as above. */
export function textOf(binary: string): string {
  return isAscii(binary) ? binary : Buffer.from(validUtf8(binary), "latin1").toString("utf8");
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
