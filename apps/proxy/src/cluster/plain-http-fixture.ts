import { LOWER_CASE } from "../http/h1/header-spelling.ts";
import { compileHttp2Options } from "../http/h2/http2-options.ts";
import type { ClusterInfo } from "./thread-local-cluster.ts";

const HTTP1 = { trailers: false, allowChunkedLength: false, fullyQualifiedUrl: false, spelling: LOWER_CASE };

/** What a cluster without HTTP options of its own speaks; without an idle timeout. For tests. */
export const PLAIN_HTTP: Pick<
  ClusterInfo,
  "http" | "http1" | "http2" | "preconnectRatio" | "poolPerDownstreamConnection"
> = {
  http: {
    protocol: "http1",
    http1: HTTP1,
    http2: compileHttp2Options(undefined, false),
    serverNames: { sni: false, verify: false, header: "" },
    idleTimeoutMs: 0,
    maxConnectionDurationMs: 0,
    maxConnectionDurationJitterPercent: 0,
    maxRequestsPerConnection: 0,
    maxResponseHeadersCount: 100,
    maxStreamDurationMs: 0,
    policies: undefined,
    maxResponseHeadersKb: 60,
  },
  http1: { ...HTTP1, headBytesMax: 60 * 1024, headersMax: 100 },
  http2: undefined,
  preconnectRatio: 1,
  poolPerDownstreamConnection: false,
};
