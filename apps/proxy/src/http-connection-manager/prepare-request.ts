import {
  hasEscapedSlash,
  type RequestTargetRules,
  redirectsPath,
  rewriteAuthority,
  rewritePath,
  unescapeSlashes,
} from "@sluice/matching";
import type { SocketConnection } from "../connection/socket-connection.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { Headers } from "../http/header-map.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { type ForwardingVerdict, sanitizeExternal, setForwardingHeaders } from "./forwarding-headers.ts";

/** How a request goes on after its head was looked at. */
export type PathVerdict = "ok" | "reject" | "redirect";

export function preparePath(headers: Headers, rules: RequestTargetRules): PathVerdict {
  const original = headers.get(":path");
  if (original === undefined) return "ok";
  const path = rewritePath(original, rules);
  if (path === undefined) {
    // For the access log, as Envoy has it, which looks for a fragment first.
    if (rules.escapedSlashes !== "keep" && hasEscapedSlash(original) && !original.includes("#"))
      headers.set(":path", unescapeSlashes(original));
    return "reject";
  }
  if (path !== original) headers.set(":path", path);
  return redirectsPath(original, rules) ? "redirect" : "ok";
}

/** Returns the port that was stripped. */
export function prepareHost(
  headers: Headers,
  rules: RequestTargetRules,
  localPort: string,
): number | undefined {
  const authority = headers.get(":authority");
  if (authority === undefined) return undefined;
  const rewritten = rewriteAuthority(authority, rules, localPort);
  if (rewritten === authority) return undefined;
  headers.set(":authority", rewritten);
  const port = PORT.exec(authority)?.[1];
  return port === undefined || PORT.test(rewritten) ? undefined : Number(port);
}

const PORT = /:(\d+)$/;

/**
 * What a connection manager does to every request's headers (docs: "HTTP header sanitizing"): hop-by-hop fields go,
 * forwarding fields are set by the trust that configuration states.
 */
export function prepareRequestHeaders(
  headers: Headers,
  connection: SocketConnection,
  config: ConnectionManagerConfig,
  isUpgrade: boolean,
): ForwardingVerdict {
  removeHopByHop(headers, isUpgrade);
  sanitizeReferer(headers);
  const verdict = setForwardingHeaders(headers, connection, config.forwarding);
  if (verdict.rejectStatus !== undefined) return verdict;
  sanitizeExternal(headers, verdict, config.routes.current?.internalOnlyHeaders ?? NOTHING);
  if (config.addUserAgent) {
    const { nodeCluster, nodeId } = config.worker.localInfo;
    headers.set(EnvoyHeader.downstreamServiceCluster, nodeCluster);
    if ((headers.get("user-agent") ?? "") === "") headers.set("user-agent", nodeCluster);
    if (nodeId !== "") headers.set(EnvoyHeader.downstreamServiceNode, nodeId);
  }
  if (config.via !== "") {
    const via = headers.getAll("via");
    headers.set("via", via === undefined ? config.via : `${via}, ${config.via}`);
  }
  if (config.generateRequestId) {
    const external = verdict.edge && !config.preserveExternalRequestId;
    if (external || (headers.get("x-request-id") ?? "") === "")
      headers.set("x-request-id", config.worker.random.uuid());
  }
  return verdict;
}

const NOTHING: readonly string[] = [];

/** A URL with a host, and its port. As for Envoy neither user information nor a fragment has a place in it. */
const URL_REFERENCE =
  /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d+))?(?:[/?][!"$-~]*)?$/;
/** A reference without a scheme: no colon stands before the first slash (RFC 3986 §4.2). */
const RELATIVE_REFERENCE = /^(?![^/]*:)[\w.~!$&'()*+,;=@%/:?-]*$/;
const PORT_MAX = 65_535;

/** What is no reference is not passed on, as in Envoy. */
function sanitizeReferer(headers: Headers): undefined {
  const referer = headers.get("referer");
  if (referer === undefined || RELATIVE_REFERENCE.test(referer)) return;
  const url = URL_REFERENCE.exec(referer);
  if (url === null || Number(url[1] ?? "0") > PORT_MAX) headers.remove("referer");
}

/** RFC 9110 §7.6.1: fields that `connection` names are for this hop. */
export function removeNominated(headers: Headers, connection: string): void {
  for (const token of connection.split(",")) {
    const name = token.trim().toLowerCase();
    if (name === "" || name === "close" || name === "keep-alive" || name === "upgrade" || name === "te")
      continue;
    if (!name.startsWith(":") && !name.startsWith("x-forwarded-") && name !== "host") headers.remove(name);
  }
}

/** RFC 9110 §7.6.1; an upgrade keeps what it needs. */
function removeHopByHop(headers: Headers, isUpgrade: boolean): void {
  if (!isUpgrade) {
    headers.remove("connection");
    headers.remove("upgrade");
  }
  headers.remove("keep-alive");
  headers.remove("proxy-connection");
  const te = headers.getAll("te");
  if (te !== undefined) {
    if (te.split(",").some((part) => part.trim() === "trailers")) headers.set("te", "trailers");
    else headers.remove("te");
  }
}
