import { RESPONSE_FLAG_CODES, ResponseFlag, type StreamInfo } from "@sluice/extension-api";
import type { Headers } from "../http/header-map.ts";

/** `proxy_status_config`: what the `proxy-status` field of a response tells (RFC 9209). */
export interface ProxyStatusConfig {
  readonly proxyName: string;
  readonly details: boolean;
  readonly terminationDetails: boolean;
  readonly responseFlags: boolean;
  /** The status that RFC 9209 recommends takes the place of the response's own. */
  readonly setRecommendedStatus: boolean;
}

interface ProxyError {
  /** RFC 9209 §2.3. */
  readonly type: string;
  readonly status: number | undefined;
}

const DESTINATION_UNAVAILABLE: ProxyError = { type: "destination_unavailable", status: 503 };
const CONNECTION_REFUSED: ProxyError = { type: "connection_refused", status: 502 };
const CONNECTION_TERMINATED: ProxyError = { type: "connection_terminated", status: 502 };
const CONNECTION_LIMIT_REACHED: ProxyError = { type: "connection_limit_reached", status: 503 };
const CONNECTION_TIMEOUT: ProxyError = { type: "connection_timeout", status: 504 };
const HTTP_RESPONSE_TIMEOUT: ProxyError = { type: "http_response_timeout", status: 504 };
const HTTP_REQUEST_ERROR: ProxyError = { type: "http_request_error", status: undefined };

/** The first flag that is set decides. */
const ERRORS: readonly (readonly [flag: number, error: ProxyError])[] = [
  [ResponseFlag.FailedLocalHealthCheck, DESTINATION_UNAVAILABLE],
  [ResponseFlag.NoHealthyUpstream, DESTINATION_UNAVAILABLE],
  [ResponseFlag.UpstreamRequestTimeout, CONNECTION_TIMEOUT],
  [ResponseFlag.DurationTimeout, CONNECTION_TIMEOUT],
  [ResponseFlag.LocalReset, CONNECTION_TIMEOUT],
  [ResponseFlag.UpstreamRemoteReset, CONNECTION_TERMINATED],
  [ResponseFlag.UpstreamConnectionFailure, CONNECTION_REFUSED],
  [ResponseFlag.UnauthorizedExternalService, CONNECTION_REFUSED],
  [ResponseFlag.UpstreamConnectionTermination, CONNECTION_TERMINATED],
  [ResponseFlag.OverloadManager, CONNECTION_LIMIT_REACHED],
  [ResponseFlag.DropOverload, CONNECTION_LIMIT_REACHED],
  [ResponseFlag.FaultInjected, HTTP_REQUEST_ERROR],
  [ResponseFlag.DownstreamConnectionTermination, CONNECTION_TERMINATED],
  [ResponseFlag.DownstreamRemoteReset, CONNECTION_TERMINATED],
  [ResponseFlag.UpstreamOverflow, CONNECTION_LIMIT_REACHED],
  [ResponseFlag.NoRouteFound, { type: "destination_not_found", status: 500 }],
  [ResponseFlag.RateLimited, CONNECTION_LIMIT_REACHED],
  [ResponseFlag.RateLimitServiceError, CONNECTION_LIMIT_REACHED],
  [ResponseFlag.UpstreamRetryLimitExceeded, DESTINATION_UNAVAILABLE],
  [ResponseFlag.StreamIdleTimeout, HTTP_RESPONSE_TIMEOUT],
  [ResponseFlag.InvalidEnvoyRequestHeaders, HTTP_REQUEST_ERROR],
  [ResponseFlag.DownstreamProtocolError, HTTP_REQUEST_ERROR],
  [ResponseFlag.UpstreamMaxStreamDurationReached, HTTP_RESPONSE_TIMEOUT],
  [ResponseFlag.NoFilterConfigFound, { type: "proxy_configuration_error", status: 500 }],
  [ResponseFlag.UpstreamProtocolError, { type: "http_protocol_error", status: 502 }],
  [ResponseFlag.NoClusterFound, DESTINATION_UNAVAILABLE],
  [ResponseFlag.DnsResolutionFailed, { type: "dns_error", status: 502 }],
];

/** Tells in `proxy-status` what went wrong; nothing where nothing did. */
export function setProxyStatus(headers: Headers, info: StreamInfo, config: ProxyStatusConfig): void {
  const found = ERRORS.find(([flag]) => (info.responseFlags & flag) !== 0);
  if (found === undefined) return;
  const [flag] = found;
  // As Envoy, which notes a broken message once that has been answered.
  if (flag === ResponseFlag.DownstreamProtocolError && info.responseCodeDetails.startsWith("http1.")) return;
  const connected = info.upstreamLocalAddress !== undefined;
  const error = flag === ResponseFlag.UpstreamRequestTimeout && connected ? HTTP_RESPONSE_TIMEOUT : found[1];
  let value = `${config.proxyName}; error=${error.type}`;
  if (config.details && info.responseCodeDetails !== "") {
    const parts = [info.responseCodeDetails];
    const { connectionTerminationDetails } = info;
    if (config.terminationDetails && connectionTerminationDetails !== undefined) {
      parts.push(connectionTerminationDetails);
    }
    if (config.responseFlags) parts.push(flagCodes(info));
    value += `; details="${parts.join("; ").replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  }
  const given = headers.getAll("proxy-status");
  headers.set("proxy-status", given === undefined ? value : `${given}, ${value}`);
  if (config.setRecommendedStatus && error.status !== undefined) headers.set(":status", String(error.status));
}

const FLAG_CODES = new Map<number, string>(RESPONSE_FLAG_CODES);

function flagCodes({ responseFlags, responseFlagOrder }: StreamInfo): string {
  const set = responseFlagOrder ?? [...FLAG_CODES.keys()].filter((bit) => (responseFlags & bit) !== 0);
  return set.map((bit) => FLAG_CODES.get(bit)).join(",");
}
