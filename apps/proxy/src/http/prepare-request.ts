import { ipOf } from "../connection/socket-address.ts";
import type { SocketConnection } from "../connection/socket-connection.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { hasToken } from "./h1/server-codec.ts";
import type { Headers } from "./header-map.ts";
import { hasEscapedSlash, mergeSlashes, normalizePath, unescapeSlashes } from "./normalize-path.ts";

/** How a request goes on after its head was looked at. */
export type PathVerdict = "ok" | "reject" | "redirect";

export function preparePath(headers: Headers, config: ConnectionManagerConfig): PathVerdict {
  const original = headers.get(":path");
  if (original === undefined) return "ok";
  let path = original;
  // A fragment has no business in a request (RFC 9110 §7.1).
  if (path.includes("#")) return "reject";
  let redirect = false;
  if (config.escapedSlashes !== "keep" && hasEscapedSlash(path)) {
    if (config.escapedSlashes === "reject") return "reject";
    path = unescapeSlashes(path);
    redirect = config.escapedSlashes === "redirect";
  }
  if (config.normalizePath) {
    const normal = normalizePath(path);
    if (normal === undefined) return "reject";
    path = normal;
  }
  if (config.mergeSlashes && path.includes("//")) path = mergeSlashes(path);
  if (path !== original) headers.set(":path", path);
  return redirect ? "redirect" : "ok";
}

export function prepareHost(headers: Headers, config: ConnectionManagerConfig, localPort: string): void {
  if (config.stripPort === "keep" && !config.stripTrailingHostDot) return;
  const authority = headers.get(":authority");
  if (authority === undefined) return;
  const at = authority.search(/:\d*$/);
  let host = at < 0 ? authority : authority.slice(0, at);
  let port = at < 0 ? "" : authority.slice(at);
  if (config.stripPort === "any" || (config.stripPort === "matching" && port === `:${localPort}`)) port = "";
  if (config.stripTrailingHostDot && host.endsWith(".")) host = host.slice(0, -1);
  if (host + port !== authority) headers.set(":authority", host + port);
}

/** Only an edge may not trust these (Envoy's "sanitizing" list). */
const INTERNAL_HEADERS = [
  "x-envoy-retriable-status-codes",
  "x-envoy-retriable-header-names",
  "x-envoy-retry-on",
  "x-envoy-retry-grpc-on",
  "x-envoy-max-retries",
  "x-envoy-upstream-alt-stat-name",
  "x-envoy-upstream-rq-timeout-ms",
  "x-envoy-upstream-rq-per-try-timeout-ms",
  "x-envoy-upstream-rq-timeout-alt-response",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-force-trace",
  "x-envoy-ip-tags",
  "x-envoy-original-url",
  "x-envoy-hedge-on-per-try-timeout",
  "x-envoy-decorator-operation",
];

/**
 * What a connection manager does to every request's headers (docs: "HTTP header sanitizing"): hop-by-hop fields go,
 * forwarding fields are set by the trust that configuration states. Answers the client's address.
 */
export function prepareRequestHeaders(
  headers: Headers,
  connection: SocketConnection,
  config: ConnectionManagerConfig,
  isUpgrade: boolean,
): string {
  removeHopByHop(headers, isUpgrade);
  const secure = connection.tls !== undefined;
  let remote = connection.directRemoteAddress;
  const xff = headers.getAll("x-forwarded-for");
  if (config.useRemoteAddress) {
    if (config.xffNumTrustedHops > 0) remote = addressFromXff(xff, config.xffNumTrustedHops - 1) ?? remote;
    if (!config.skipXffAppend) {
      const direct = ipOf(connection.directRemoteAddress);
      const own = direct.startsWith("127.") || direct === "::1" ? config.worker.localInfo.address : direct;
      if (own !== "") headers.set("x-forwarded-for", xff === undefined ? own : `${xff},${own}`);
    }
    if (config.xffNumTrustedHops === 0 || !headers.has("x-forwarded-proto")) {
      headers.set("x-forwarded-proto", secure ? "https" : "http");
    }
    for (const name of INTERNAL_HEADERS) headers.remove(name);
    headers.remove("x-envoy-internal");
    headers.set("x-envoy-external-address", ipOf(remote) || remote);
  } else {
    if (xff !== undefined) remote = addressFromXff(xff, config.xffNumTrustedHops) ?? remote;
    if (!headers.has("x-forwarded-proto")) headers.append("x-forwarded-proto", secure ? "https" : "http");
    headers.remove("x-envoy-internal");
  }
  if (headers.get(":scheme") === "") {
    const proto = headers.get("x-forwarded-proto");
    headers.set(":scheme", proto === "https" || proto === "http" ? proto : secure ? "https" : "http");
  }
  if (config.addUserAgent) {
    const { nodeCluster, nodeId } = config.worker.localInfo;
    headers.set("x-envoy-downstream-service-cluster", nodeCluster);
    if (!headers.has("user-agent")) headers.append("user-agent", nodeCluster);
    if (nodeId !== "") headers.set("x-envoy-downstream-service-node", nodeId);
  }
  if (config.generateRequestId) {
    const external = config.useRemoteAddress && !config.preserveExternalRequestId;
    if (external || !headers.has("x-request-id")) headers.set("x-request-id", config.worker.random.uuid());
  }
  if (config.via !== "") {
    const via = headers.getAll("via");
    headers.set("via", via === undefined ? config.via : `${via}, ${config.via}`);
  }
  return remote;
}

/** RFC 9110 §7.6.1; an upgrade keeps what it needs. Fields that `connection` names go too. */
function removeHopByHop(headers: Headers, isUpgrade: boolean): void {
  const connection = headers.getAll("connection");
  if (connection !== undefined) {
    for (const token of connection.split(",")) {
      const name = token.trim().toLowerCase();
      if (name === "" || name === "close" || name === "keep-alive" || name === "upgrade" || name === "te")
        continue;
      if (!name.startsWith(":") && !name.startsWith("x-forwarded-") && name !== "host") headers.remove(name);
    }
    if (isUpgrade) headers.set("connection", "upgrade");
    else headers.remove("connection");
  }
  if (!isUpgrade) headers.remove("upgrade");
  headers.remove("keep-alive");
  headers.remove("proxy-connection");
  const te = headers.getAll("te");
  if (te !== undefined) {
    if (hasToken(te, "trailers")) headers.set("te", "trailers");
    else headers.remove("te");
  }
}

/** The address `hops` before the last one. */
function addressFromXff(xff: string | undefined, hops: number): string | undefined {
  if (xff === undefined) return undefined;
  const list = xff.split(",");
  const address = list[list.length - 1 - hops]?.trim();
  if (address === undefined || !/^[0-9a-fA-F.:]+$/.test(address)) return undefined;
  return address.includes(":") ? `[${address}]:0` : `${address}:0`;
}
