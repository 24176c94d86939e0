import type { AccessLogEntry } from "@sluice/telemetry";

/** For tests: a request that went well, with whatever is to be different. */
export function requestOf(some: Partial<AccessLogEntry> = {}): AccessLogEntry {
  return {
    id: "1",
    at: new Date(0),
    node: "node-1",
    listener: "http",
    method: "GET",
    authority: "example.com",
    path: "/",
    protocol: "HTTP/1.1",
    status: 200,
    flags: [],
    details: "via_upstream",
    durationMs: 12,
    bytesReceived: 100,
    bytesSent: 1000,
    virtualHost: "web",
    route: "all",
    cluster: "web",
    upstreamAddress: "10.0.0.1:80",
    downstreamAddress: "127.0.0.1:5555",
    attempts: 1,
    requestId: "r1",
    traceId: "",
    userAgent: "curl",
    timings: {},
    ...some,
  };
}
