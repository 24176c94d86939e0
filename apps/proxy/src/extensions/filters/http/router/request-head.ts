import type { ConnectionInfo } from "@sluice/extension-api";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import { keptConnectPort } from "../../../../http-connection-manager/connect-port.ts";
import { replaceAuthority } from "../../../../route/rewrite-host.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import type { HostChoice } from "./host-choice.ts";
import { type RequestTimeouts, setTimeoutHeaders } from "./request-timeouts.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/**
 * What the router and the route make of a request's head on its way upstream. The head is one for all tries: each changes what
 * differs for it.
 */

/** Once, before any try. */
export function beginHead(init: ExchangeInit, timeouts: RequestTimeouts): void {
  const { config, stream, route, forward, headers } = init;
  tellTimeouts(init, timeouts, 0);
  if (forward.includeAttemptCount) headers.set(EnvoyHeader.attemptCount, "1");
  const port = stream.isTunnel ? keptConnectPort(stream.streamInfo) : undefined;
  route.finalizeRequest(headers, stream, !config.suppressEnvoyHeaders, port);
}

/** Another try follows. `elapsedMs`: since the request's end; 0: it has not ended. */
export function renewHead(
  init: ExchangeInit,
  timeouts: RequestTimeouts,
  choice: HostChoice,
  elapsedMs: number,
): void {
  const { forward, headers } = init;
  if (forward.includeAttemptCount) headers.set(EnvoyHeader.attemptCount, String(choice.attempts));
  if (forward.includeIsTimeoutRetry) {
    headers.set(EnvoyHeader.isTimeoutRetry, String(choice.retry?.afterTimeout === true));
  }
  tellTimeouts(init, timeouts, elapsedMs);
}

/** A try has its connection: the head goes out on it, unless filters before it have it already. */
export function addressHead(init: ExchangeInit, attempt: UpstreamTry, connection: ConnectionInfo): void {
  const { config, stream, forward, headers } = init;
  const { hostname } = attempt.host;
  if (stream.streamInfo.schemeMatchesUpstream) {
    headers.set(":scheme", connection.tls === undefined ? "http" : "https");
  }
  if (forward.autoHostRewrite && hostname !== "") {
    replaceAuthority(headers, hostname, forward.appendXForwardedHost, !config.suppressEnvoyHeaders);
  }
}

function tellTimeouts(
  { config, forward, headers, isGrpc }: ExchangeInit,
  timeouts: RequestTimeouts,
  elapsedMs: number,
): void {
  setTimeoutHeaders(headers, timeouts, forward, {
    elapsedMs,
    insert: !config.suppressEnvoyHeaders,
    isGrpc,
  });
}
