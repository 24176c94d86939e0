import type { TlsInfo } from "@sluice/extension-api";
import { ipOf } from "../connection/socket-address.ts";
import { EnvoyHeader, type EnvoyHeaderKey, EnvoyHeaderNames } from "../http/envoy-headers.ts";
import type { Headers } from "../http/header-map.ts";
import type { AddressDetection } from "./client-address.ts";
import { addressFromXff, isLoopbackIp, withPortZero } from "./client-address.ts";
import type { InternalAddresses } from "./internal-addresses.ts";

/** Whom the forwarding fields of a request are believed from, and what is set in their place. */
export interface ForwardingConfig {
  readonly useRemoteAddress: boolean;
  readonly xffNumTrustedHops: number;
  readonly skipXffAppend: boolean;
  /** Asked in order where `use_remote_address` is off. */
  readonly detections: readonly AddressDetection[];
  readonly internalAddresses: InternalAddresses;
  readonly appendXForwardedPort: boolean;
  /** `scheme_to_overwrite`; "": the request's own. */
  readonly schemeToSet: string;
  /** Destination ports that decide `x-forwarded-proto` whatever the transport is. */
  readonly httpsPorts: ReadonlySet<number>;
  readonly httpPorts: ReadonlySet<number>;
  /** What stands for a loopback peer. */
  readonly localIp: string;
}

/** The connection as far as forwarding goes. */
export interface ForwardingPeer {
  /** The socket's peer, or whom a listener filter told of. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly tls: TlsInfo | undefined;
}

export interface ForwardingVerdict {
  /** The client: `ip:port`, port 0 where it is not known. */
  readonly remoteAddress: string;
  readonly internal: boolean;
  /** From outside, and we are the first of our own to see it. */
  readonly edge: boolean;
  /** Answer with this status instead of going on. */
  readonly rejectStatus: number | undefined;
}

/**
 * Works out who sent a request and sets `x-forwarded-for`, `-proto`, `-port`, `:scheme`, `x-envoy-internal` and
 * `x-envoy-external-address` (docs: "HTTP header manipulation").
 */
export function setForwardingHeaders(
  headers: Headers,
  peer: ForwardingPeer,
  config: ForwardingConfig,
): ForwardingVerdict {
  headers.remove(EnvoyHeader.internal);
  const peerIp = ipOf(peer.remoteAddress);
  let clientIp: string | undefined;
  let trusted = false;
  if (config.useRemoteAddress) {
    const xff = headers.getAll("x-forwarded-for");
    trusted = xff === undefined;
    const hops = config.xffNumTrustedHops;
    if (hops > 0) clientIp = addressFromXff(xff, hops - 1)?.address;
    clientIp ??= peerIp;
    if (!config.skipXffAppend) appendXff(headers, peerIp, config);
    if (hops === 0 || !headers.has("x-forwarded-proto")) setProto(headers, peer, config);
    if (config.appendXForwardedPort && (hops === 0 || !headers.has("x-forwarded-port"))) {
      setPort(headers, peer);
    }
  } else {
    for (const detection of config.detections) {
      const found = detection.detect(headers, peerIp);
      if (found.rejectStatus !== undefined) {
        return {
          remoteAddress: peer.remoteAddress,
          internal: false,
          edge: false,
          rejectStatus: found.rejectStatus,
        };
      }
      if (!found.skipXffAppend) appendXff(headers, peerIp, config);
      if (found.address === undefined) continue;
      clientIp = found.address;
      trusted = found.trusted;
      break;
    }
  }
  if (!headers.has("x-forwarded-proto")) setProto(headers, peer, config);
  if (config.appendXForwardedPort && !headers.has("x-forwarded-port")) setPort(headers, peer);
  setScheme(headers, peer, config);
  const internal = trusted && clientIp !== undefined && config.internalAddresses.has(clientIp);
  const edge = !internal && config.useRemoteAddress;
  if (internal) headers.set(EnvoyHeader.internal, "true");
  if (edge && clientIp !== undefined && clientIp !== "") headers.set(EnvoyHeader.externalAddress, clientIp);
  const remoteAddress =
    clientIp === undefined || clientIp === peerIp ? peer.remoteAddress : withPortZero(clientIp);
  return { remoteAddress, internal, edge, rejectStatus: undefined };
}

function appendXff(headers: Headers, peerIp: string, config: ForwardingConfig): void {
  const own = isLoopbackIp(peerIp) ? config.localIp : peerIp;
  if (own === "") return;
  const xff = headers.getAll("x-forwarded-for");
  headers.set("x-forwarded-for", xff === undefined || xff === "" ? own : `${xff},${own}`);
}

function setProto(headers: Headers, peer: ForwardingPeer, config: ForwardingConfig): void {
  headers.set("x-forwarded-proto", protoOf(peer, config));
}

function protoOf(peer: ForwardingPeer, config: ForwardingConfig): "https" | "http" {
  if (config.httpsPorts.size > 0 || config.httpPorts.size > 0) {
    const port = portOf(peer.localAddress);
    if (config.httpsPorts.has(port)) return "https";
    if (config.httpPorts.has(port)) return "http";
  }
  return peer.tls === undefined ? "http" : "https";
}

function setPort(headers: Headers, peer: ForwardingPeer): void {
  if (ipOf(peer.localAddress) !== "") headers.set("x-forwarded-port", String(portOf(peer.localAddress)));
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

function setScheme(headers: Headers, peer: ForwardingPeer, config: ForwardingConfig): void {
  if (config.schemeToSet !== "") {
    headers.set(":scheme", config.schemeToSet);
    headers.set("x-forwarded-proto", config.schemeToSet);
    return;
  }
  const scheme = headers.get(":scheme");
  if (scheme === undefined || scheme === "") {
    const proto = headers.get("x-forwarded-proto")?.toLowerCase();
    const known = proto === "https" || proto === "http";
    headers.set(":scheme", known ? proto : peer.tls === undefined ? "http" : "https");
  } else if (scheme !== "http" && scheme !== "https") headers.set(":scheme", scheme.toLowerCase());
}

/** What the outside may not say: how a request is retried, timed out, traced and counted. */
const EXTERNAL_HEADERS: readonly EnvoyHeaderKey[] = [
  "retryOn",
  "retryGrpcOn",
  "maxRetries",
  "retriableStatusCodes",
  "retriableHeaderNames",
  "upstreamAltStatName",
  "upstreamRqTimeoutMs",
  "upstreamRqPerTryTimeoutMs",
  "upstreamRqTimeoutAltResponse",
  "upstreamStreamDurationMs",
  "expectedRqTimeoutMs",
  "forceTrace",
  "ipTags",
  "originalUrl",
  "hedgeOnPerTryTimeout",
];
/** What only our own proxies say: the edge is the first of them. */
const EDGE_HEADERS: readonly EnvoyHeaderKey[] = [
  "decoratorOperation",
  "downstreamServiceCluster",
  "downstreamServiceNode",
  "originalPath",
  "originalHost",
];

/** Takes off what a request from outside may not say. `internalOnly`: the route configuration's own additions, lower case. */
export function sanitizeExternal(
  headers: Headers,
  { internal, edge }: ForwardingVerdict,
  internalOnly: readonly string[],
): void {
  if (internal) return;
  for (const name of internalOnly) headers.remove(name);
  if (!headers.hasNameWithPrefix(EnvoyHeaderNames.prefix)) return;
  if (edge) for (const key of EDGE_HEADERS) headers.remove(EnvoyHeader[key]);
  for (const key of EXTERNAL_HEADERS) headers.remove(EnvoyHeader[key]);
}
