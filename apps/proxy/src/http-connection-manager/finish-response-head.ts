import { EnvoyHeader } from "../http/envoy-headers.ts";
import { isUpgrade } from "../http/h1/connection-tokens.ts";
import type { Headers } from "../http/header-map.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { httpDate } from "./http-date.ts";

/** What every response's head says of its way through this proxy, and what it may not say. */
export function finishResponseHead(
  headers: Headers,
  request: Headers | undefined,
  status: number,
  config: ConnectionManagerConfig,
): void {
  const upgrades = headers.has("upgrade");
  if (upgrades && status < 400 && isUpgrade(headers) && request !== undefined && isUpgrade(request)) {
    // As Envoy, which passes on an upgrade's answer even where it declines it.
    if (status >= 200 && !headers.has("content-length")) headers.append("content-length", "0");
  } else {
    headers.remove("connection");
    if (upgrades) headers.remove("upgrade");
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
