/** Fields that Envoy keeps in one line of a request, whether their lines come from a peer or are added here. */
export const ONE_LINE_IN_REQUESTS: readonly string[] = [
  "accept",
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "authentication",
  "authorization",
  "cache-control",
  "content-encoding",
  "content-type",
  "grpc-accept-encoding",
  "grpc-timeout",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "origin",
  "pragma",
  "proxy-status",
  "referer",
  "te",
  "user-agent",
  "via",
  "x-client-trace-id",
  "x-forwarded-client-cert",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-request-id",
];

/** The same of a response. */
export const ONE_LINE_IN_RESPONSES: readonly string[] = [
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-max-age",
  "age",
  "cache-control",
  "content-encoding",
  "content-type",
  "date",
  "etag",
  "expires",
  "grpc-message",
  "last-modified",
  "location",
  "proxy-status",
  "vary",
  "via",
  "x-request-id",
];

/**
 * Fields of which a peer's further lines go to the end of the first one's value, behind a comma (RFC 9110 §5.3). Whoever looks at a
 * field's first line alone, here or at the upstream, sees what all others do. Other fields pass line by line.
 */
export const JOINED_IN_REQUESTS: ReadonlySet<string> = new Set([...ONE_LINE_IN_REQUESTS, "expect"]);
export const JOINED_IN_RESPONSES: ReadonlySet<string> = new Set([
  ...ONE_LINE_IN_RESPONSES,
  "grpc-status",
  "server",
]);

/** `fields` (names and values in turns) with such lines joined. */
export function joinLines(fields: readonly string[], joined: ReadonlySet<string>): readonly string[] {
  // A bit for each name by what is cheap to tell of it: most messages have no name twice.
  let seen = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    const mark = 1 << ((name.length * 7 + name.charCodeAt(name.length - 1)) & 31);
    if ((seen & mark) !== 0 && joined.has(name)) return joinAll(fields, joined);
    seen |= mark;
  }
  return fields;
}

function joinAll(fields: readonly string[], joined: ReadonlySet<string>): readonly string[] {
  const out: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    const value = fields[i + 1] ?? "";
    if (!joinLine(out, name, value, joined)) out.push(name, value);
  }
  return out;
}

/** Adds a line to one of its name before it; false: there is none, or such lines stay apart. */
export function joinLine(
  fields: string[],
  name: string,
  value: string,
  joined: ReadonlySet<string>,
): boolean {
  if (!joined.has(name)) return false;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== name) continue;
    fields[i + 1] = `${fields[i + 1]},${value}`;
    return true;
  }
  return false;
}
