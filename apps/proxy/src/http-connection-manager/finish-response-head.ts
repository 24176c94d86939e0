import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { Headers } from "../http/header-map.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { httpDate } from "./http-date.ts";

/** What every response's head says of its way through this proxy, and what it may not say. `upgraded`: a tunnel begins. */
export function finishResponseHead(
  headers: Headers,
  request: Headers | undefined,
  upgraded: boolean,
  config: ConnectionManagerConfig,
): void {
  if (!upgraded) {
    headers.remove("connection");
    headers.remove("upgrade");
  }
  headers.remove("keep-alive");
  headers.remove("proxy-connection");
  if (config.alwaysSetRequestIdInResponse || request?.has(EnvoyHeader.forceTrace) === true) {
    const id = request?.get("x-request-id");
    if (id !== undefined) headers.set("x-request-id", id);
  }
  if (config.via !== "") {
    const via = headers.getAll("via");
    headers.set("via", via === undefined ? config.via : `${via}, ${config.via}`);
  }
  if (!headers.has("date")) headers.append("date", httpDate(config.worker.clock.wallMs()));
  if (config.serverHeader === "overwrite") headers.set("server", config.serverName);
  else if (config.serverHeader === "append" && !headers.has("server")) {
    headers.append("server", config.serverName);
  }
}
