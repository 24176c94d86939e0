import { ONE_LINE_IN_REQUESTS, ONE_LINE_IN_RESPONSES } from "@sluice/matching";
import { EnvoyHeader, type EnvoyHeaderKey } from "./envoy-headers.ts";

const inRequests = new Set([...ONE_LINE_IN_REQUESTS, "expect"]);
const inResponses = new Set([...ONE_LINE_IN_RESPONSES, "grpc-status", "server"]);

/**
 * Fields of which a peer's further lines go to the end of the first one's value, behind a comma (RFC 9110 §5.3). Whoever looks at a
 * field's first line alone, here or at the upstream, sees what all others do. Other fields pass line by line.
 */
export const JOINED_IN_REQUESTS: ReadonlySet<string> = inRequests;
export const JOINED_IN_RESPONSES: ReadonlySet<string> = inResponses;

/** Of Envoy's own headers those of one line in requests. */
export const OWN_OF_ONE_LINE_IN_REQUESTS: readonly EnvoyHeaderKey[] = [
  "attemptCount",
  "decoratorOperation",
  "downstreamServiceCluster",
  "downstreamServiceNode",
  "expectedRqTimeoutMs",
  "externalAddress",
  "forceTrace",
  "hedgeOnPerTryTimeout",
  "internal",
  "ipTags",
  "isTimeoutRetry",
  "maxRetries",
  "originalHost",
  "originalPath",
  "originalUrl",
  "retriableHeaderNames",
  "retriableStatusCodes",
  "retryGrpcOn",
  "retryOn",
  "upstreamAltStatName",
  "upstreamRqPerTryTimeoutMs",
  "upstreamRqTimeoutAltResponse",
  "upstreamRqTimeoutMs",
  "upstreamStreamDurationMs",
];

/** The same of a response. */
export const OWN_OF_ONE_LINE_IN_RESPONSES: readonly EnvoyHeaderKey[] = [
  "attemptCount",
  "decoratorOperation",
  "degraded",
  "immediateHealthCheckFail",
  "ratelimited",
  "upstreamCanary",
  "upstreamHealthcheckedCluster",
  "upstreamServiceTime",
];

/** Envoy's own headers as they are named now. Once for each thread, behind `useEnvoyHeaderPrefix`. */
export function joinOwn(): void {
  const named = (keys: readonly EnvoyHeaderKey[]): string[] => keys.map((key) => EnvoyHeader[key]);
  joinAlso(named(OWN_OF_ONE_LINE_IN_REQUESTS), named(OWN_OF_ONE_LINE_IN_RESPONSES));
}

/** Further ones, from now on. */
export function joinAlso(requests: readonly string[], responses: readonly string[]): void {
  for (const name of requests) inRequests.add(name);
  for (const name of responses) inResponses.add(name);
}

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
    const first = fields[i + 1];
    // As Envoy: nothing joins nothing, and no comma either. RFC 6265 §5.4 has a separator of its own.
    if (first === "") fields[i + 1] = value;
    else if (value !== "") fields[i + 1] = `${first}${name === "cookie" ? "; " : ","}${value}`;
    return true;
  }
  return false;
}
