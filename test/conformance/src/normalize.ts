import type { Fields, RawResponse, RecordedRequest } from "@sluice/harness";
import type { SeenResponse } from "./conformance-case.ts";

// What differs between two runs of one proxy, and so says nothing about two proxies.
const VOLATILE: ReadonlyArray<readonly [field: string, value: RegExp, mark: string]> = [
  ["date", /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, "<date>"],
  ["x-request-id", /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "<uuid>"],
  ["x-envoy-upstream-service-time", /^\d+$/, "<ms>"],
  ["x-acme-upstream-service-time", /^\d+$/, "<ms>"],
  ["x-forwarded-port", /^\d{4,}$/, "<port>"],
];

/** Volatile values masked (only well-formed ones), sorted by name; the order of fields is no promise of either proxy. */
function normalizeFields(fields: Fields): Fields {
  const masked = fields.map(([name, value]): [string, string] => {
    const rule = VOLATILE.find(([field]) => field === name.toLowerCase());
    if (rule?.[1].test(value) === true) return [name, rule[2]];
    if (name.toLowerCase() === "x-envoy-expected-rq-timeout-ms") return [name, roundedTimeout(value)];
    if (/^(x-ratelimit-reset|retry-after)$/i.test(name)) return [name, roundedReset(value)];
    return [name, value.length > 500 ? `<${value.length} octets>` : value];
  });
  return masked.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** A retry tells what is left of the timeout, which load shortens: rounded up, coarsely where tries wait for seconds. */
function roundedTimeout(value: string): string {
  const ms = Number(value);
  const step = ms > 10_000 ? 5_000 : 1_000;
  return ms > 500 ? String(Math.ceil(ms / step) * step) : value;
}

/** Seconds until a bucket is filled, which pass between two runs: up to the next hundred, unless there are few. */
function roundedReset(value: string): string {
  const seconds = Number(value);
  return seconds > 500 ? String(Math.ceil(seconds / 100) * 100) : value;
}

type Received = Omit<RawResponse, "raw" | "header" | "body" | "chunkSizes">;

export function seenResponse(response: Received): SeenResponse {
  return {
    version: response.version,
    status: response.status,
    reason: response.reason,
    fields: normalizeFields(response.fields),
    body: response.text,
    trailers: normalizeFields(response.trailers),
    complete: response.complete,
    interim: response.interim.map(({ status }) => status),
  };
}

/** What the upstream saw of one request. Connections are numbered by first use, since pools open them ahead. */
export function seenRequests(requests: readonly RecordedRequest[]): unknown[] {
  return requests.map((request) => ({
    line: `${request.method} ${request.target} ${request.version}`,
    fields: normalizeFields(request.fields),
    body: request.body.toString("latin1"),
    trailers: normalizeFields(request.trailers),
    complete: request.complete,
  }));
}

/** Access-log lines with times, durations and ephemeral ports masked. */
export function normalizeLogLine(line: string): string {
  return (
    line
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, "<time>")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>")
      .replaceAll(/\bms=\d+/g, "ms=<n>")
      // Duration and upstream service time of the default format.
      .replace(/(" \d{3} \S+ \d+ \d+) \d+ \d+ "/, '$1 <n> <n> "')
      .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>")
  );
}
