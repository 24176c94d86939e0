import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import type { Headers } from "../../../../http/header-map.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import type { ForwardedRequest } from "./forwarded-request.ts";
import type { HostChoice } from "./host-choice.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/**
 * Makes an upstream's response the client's: its head as route and router want it, and what the access log says of it.
 * Answers the response code details.
 */
export function finishUpstreamHead(
  { config, stream, route }: ExchangeInit,
  choice: HostChoice,
  request: ForwardedRequest,
  attempt: UpstreamTry,
  headers: Headers,
): string {
  const { streamInfo } = stream;
  if (request.ended && !config.suppressEnvoyHeaders) {
    headers.set(EnvoyHeader.upstreamServiceTime, String(Math.floor(request.sinceEndMs)));
  }
  const details = attempt.declined ? "websocket_handshake_unsuccessful" : "via_upstream";
  stream.response = headers;
  streamInfo.responseCode = attempt.status;
  streamInfo.responseCodeDetails = details;
  for (const cookie of choice.setCookies) headers.append("set-cookie", cookie);
  route.finalizeResponse(headers, stream);
  return details;
}
