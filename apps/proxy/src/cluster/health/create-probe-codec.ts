import type { Clock, Random, StatsScope } from "@sluice/extension-api";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import type { TimerQueue } from "../../event/timer-queue.ts";
import type { ClientCodec, ClientCodecCallbacks } from "../../http/codec.ts";
import { Http1ClientCodec } from "../../http/h1/client-codec.ts";
import { LOWER_CASE } from "../../http/h1/header-spelling.ts";
import { Http2ClientCodec } from "../../http/h2/client-codec.ts";
import { compileHttp2Options } from "../../http/h2/http2-options.ts";
import { createHttp2Stats } from "../../http/h2/http2-stats.ts";
import type { HttpCheck } from "./health-check-config.ts";

const LIMITS = { headBytesMax: 60 * 1024, headersMax: 100 };
const HTTP1 = {
  trailers: false,
  allowChunkedLength: false,
  fullyQualifiedUrl: false,
  spelling: LOWER_CASE,
  ...LIMITS,
};

export interface ProbeCodecContext {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: Random;
  /** `cluster.<name>.` */
  readonly stats: StatsScope;
}

/** `alpn`: what TLS has settled on. */
export function probeProtocol(
  { http2, byAlpn }: Pick<HttpCheck, "http2" | "byAlpn">,
  alpn: string | undefined,
): "http1" | "http2" {
  if (byAlpn && alpn === "h2") return "http2";
  if (byAlpn && alpn === "http/1.1") return "http1";
  return http2 ? "http2" : "http1";
}

/** What a check speaks: the protocol with Envoy's defaults, whatever the cluster's requests are configured to do. */
export function createProbeCodec(
  protocol: "http1" | "http2",
  connection: SocketConnection,
  callbacks: ClientCodecCallbacks,
  context: ProbeCodecContext,
): ClientCodec {
  if (protocol === "http1") return new Http1ClientCodec(connection, callbacks, HTTP1);
  return new Http2ClientCodec(connection, callbacks, {
    options: compileHttp2Options(undefined, false),
    stats: createHttp2Stats(context.stats),
    context,
    ...LIMITS,
  });
}
