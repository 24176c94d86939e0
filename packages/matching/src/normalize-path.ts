import { splitPath } from "./split-path.ts";

const ESCAPE = /^%[0-9A-Fa-f]{2}$/;
/** What Envoy's library for URLs escapes. Other octets than ASCII's do not get here. */
const ESCAPED = /["<>^`{|}]/g;
/** As Envoy, and servers that take parameters away first: where the dots are not escaped they count, and their parameters do not. */
const DOTS_WITH_PARAMETERS = /(?<=\/)(\.\.?);[^/]*/g;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * RFC 3986 §6.2 as Envoy does it: percent-encoded unreserved octets are decoded, octets that have no place in a path are escaped, what is no escape stays, backslashes become slashes, dot segments are
 * resolved. `undefined`: refuse the request (encoded NUL).
 */
export function normalizePath(target: string): string | undefined {
  const [given, query] = splitPath(target);
  const path = given.includes(";") ? given.replace(DOTS_WITH_PARAMETERS, "$1") : given;
  if (!/[%\\."<>^`{|}]/.test(path)) return target;
  let decoded = "";
  for (let i = 0; i < path.length; i++) {
    const c = path[i] ?? "";
    if (c === "\\") decoded += "/";
    else if (c !== "%") decoded += c;
    else {
      const hex = path.slice(i + 1, i + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) {
        decoded += c;
        continue;
      }
      if (hex === "00") return undefined;
      const octet = String.fromCharCode(Number.parseInt(hex, 16));
      decoded = UNRESERVED.test(octet)
        ? withDecoded(decoded, octet, path.charAt(i + 3))
        : `${decoded}%${hex}`;
      i += 2;
    }
  }
  const out: string[] = [];
  const segments = decoded.split("/").slice(1);
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1;
    if (segment === "..") {
      out.pop();
      if (last) out.push("");
    } else if (segment === ".") {
      if (last) out.push("");
    } else out.push(segment);
  }
  const normal = `/${out.join("/")}`;
  return normal.replace(ESCAPED, escaped) + query;
}

function escaped(octet: string): string {
  return `%${octet.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** `%2%65` becomes `%252e`, not `%2e`: somebody behind would decode it once more. */
function withDecoded(before: string, octet: string, next: string): string {
  if (ESCAPE.test(before.slice(-2) + octet)) return `${before.slice(0, -2)}%25${before.slice(-1)}${octet}`;
  if (ESCAPE.test(before.slice(-1) + octet + next)) return `${before.slice(0, -1)}%25${octet}`;
  return before + octet;
}

/** As in Envoy, a path of nothing but slashes keeps its first and its last. */
export function mergeSlashes(target: string): string {
  const [path, query] = splitPath(target);
  return (/^\/{2,}$/.test(path) ? "//" : path.replace(/\/{2,}/g, "/")) + query;
}

/** `%2F` and `%5C` in the path. */
export function hasEscapedSlash(target: string): boolean {
  return target.includes("%") && /%(?:2f|5c)/i.test(splitPath(target)[0]);
}

export function unescapeSlashes(target: string): string {
  const [path, query] = splitPath(target);
  return path.replace(/%2f/gi, "/").replace(/%5c/gi, "\\") + query;
}
