import type { Compiled, HeaderMap, Problem } from "@sluice/extension-api";
import { compileStringMatcher, toBinaryString } from "@sluice/matching";
import type { StringMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/string_pb.js";

/** Whether bodies of a content type (without its parameters) are worth compressing. */
export type ContentTypes = (contentType: string) => boolean;

/** What is compressed unless the configuration says otherwise. */
const DEFAULT_TYPES: readonly string[] = [
  "text/html",
  "text/plain",
  "text/css",
  "application/javascript",
  "application/x-javascript",
  "text/javascript",
  "text/x-javascript",
  "text/ecmascript",
  "text/js",
  "text/jscript",
  "text/x-js",
  "application/ecmascript",
  "application/x-json",
  "application/xml",
  "application/json",
  "image/svg+xml",
  "text/xml",
  "application/xhtml+xml",
  "application/grpc-web",
  "application/grpc-web+proto",
];

/** `matchers` stand in place of `names`, and the case of what they match counts. */
export function compileContentTypes(
  names: readonly string[],
  matchers: readonly StringMatcher[],
  path: string,
): Compiled<ContentTypes> {
  if (matchers.length === 0) {
    const wanted = names.length === 0 ? DEFAULT_TYPES : names;
    const set: ReadonlySet<string> = new Set(wanted.map((name) => toBinaryString(name).toLowerCase()));
    return { ok: true, value: (type) => set.has(type.toLowerCase()) };
  }
  const problems: Problem[] = [];
  const compiled = matchers.flatMap((matcher, i) => {
    const one = compileStringMatcher(matcher, `${path}.content_type_matcher[${i}]`);
    if (one.ok) return [one.value];
    problems.push(...one.problems);
    return [];
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: (type) => compiled.some((one) => one.matches(type)) };
}

/** Of a message, without its parameters; undefined when it has none. */
export function contentTypeOf(headers: HeaderMap): string | undefined {
  const value = headers.get("content-type");
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(";");
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
}
