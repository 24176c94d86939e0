import { createServer, type ServerHttp2Stream } from "node:http2";
import { waitFor } from "@sluice/harness";
import { httpBootstrap, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

/** How many calls came to each authority, and what each brought, in octets. */
const calls = new Map<string, number[]>();
const collector = createServer();
collector.on("stream", (stream: ServerHttp2Stream, headers) => {
  const authority = String(headers[":authority"]);
  const known = calls.get(authority) ?? [];
  calls.set(authority, known);
  const call = known.push(0) - 1;
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    known[call] = (known[call] ?? 0) + chunk.length;
    if (stream.headersSent || stream.destroyed) return;
    if (call < 2) stream.respond({ ":status": 200, "grpc-status": "14" }, { endStream: true });
    else stream.respond({ ":status": 200, "content-type": "application/grpc" });
  });
});

const COLLECTOR = staticCluster("collector", ["{{tcp}}"], OVER_HTTP2);

const RETRIES = `num_retries: 3, retry_back_off: { base_interval: 0.01s }`;
const service = (authority: string, more = ""): string =>
  `grpc_service: { envoy_grpc: { cluster_name: collector, authority: ${authority} }${more} }`;
const logger = (type: string, authority: string, retry: string, streamRetry = ""): string => `
- name: log
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.${type}
    common_config: { log_name: edge, transport_api_version: V3, buffer_flush_interval: 0.05s, ${service(authority, retry)}${streamRetry} }`;
const OTLP = "open_telemetry.v3.OpenTelemetryAccessLogConfig";
const STREAM = "grpc.v3.HttpGrpcAccessLogConfig";
const ON_UNAVAILABLE = `, retry_policy: { retry_on: unavailable, ${RETRIES} }`;

export const GRPC_RETRY_CASES: readonly ConformanceCase[] = [
  {
    title:
      "log entries are sent again as the retry policy of their gRPC service says, not as that of the stream",
    yaml: httpBootstrap({
      hcm: `access_log:${[
        logger(OTLP, "again", ON_UNAVAILABLE),
        logger(STREAM, "stream", ON_UNAVAILABLE),
        logger(OTLP, "elsewhere", `, retry_policy: { retry_on: internal, ${RETRIES} }`),
        logger(OTLP, "once", "", `, grpc_stream_retry_policy: { ${RETRIES} }`),
      ].join("")}`,
      routes: `- { match: { prefix: "/" }, direct_response: { status: 204 } }`,
      clusters: COLLECTOR,
    }),
    tcp: (socket) => collector.emit("connection", socket),
    observe: async ({ send }) => {
      calls.clear();
      await send({ path: "/" });
      const count = (authority: string): number => calls.get(authority)?.length ?? 0;
      await waitFor(
        "all calls",
        () => count("again") + count("stream") >= 6 && count("once") > 0 && count("elsewhere") > 0,
      );
      const again = calls.get("again") ?? [];
      return {
        counts: ["again", "stream", "elsewhere", "once"].map(count),
        isWhole: again.every((bytes) => bytes === again[0]),
      };
    },
  },
];
