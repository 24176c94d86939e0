import type { ResponseFlags } from "@sluice/xds/gen/envoy/data/accesslog/v3/accesslog_pb.js";

type FlagField = Exclude<keyof ResponseFlags, "$typeName" | "$unknown" | "unauthorizedDetails">;

const SHORT: Readonly<Record<FlagField, string>> = {
  failedLocalHealthcheck: "LH",
  noHealthyUpstream: "UH",
  upstreamRequestTimeout: "UT",
  localReset: "LR",
  upstreamRemoteReset: "UR",
  upstreamConnectionFailure: "UF",
  upstreamConnectionTermination: "UC",
  upstreamOverflow: "UO",
  noRouteFound: "NR",
  delayInjected: "DI",
  faultInjected: "FI",
  rateLimited: "RL",
  rateLimitServiceError: "RLSE",
  downstreamConnectionTermination: "DC",
  upstreamRetryLimitExceeded: "URX",
  streamIdleTimeout: "SI",
  invalidEnvoyRequestHeaders: "IH",
  downstreamProtocolError: "DPE",
  upstreamMaxStreamDurationReached: "UMSDR",
  responseFromCacheFilter: "RFCF",
  noFilterConfigFound: "NFCF",
  durationTimeout: "DT",
  upstreamProtocolError: "UPE",
  noClusterFound: "NC",
  overloadManager: "OM",
  dnsResolutionFailure: "DF",
  downstreamRemoteReset: "DR",
};

/** The short codes of `%RESPONSE_FLAGS%`. */
export function responseFlagCodes(flags: ResponseFlags | undefined): string[] {
  if (flags === undefined) return [];
  const codes: string[] = [];
  for (const [field, code] of Object.entries(SHORT)) if (flags[field as FlagField]) codes.push(code);
  if (flags.unauthorizedDetails !== undefined) codes.push("UAEX");
  return codes;
}

const NO_RESPONSE = new Set(["UF", "UR", "UC", "UT", "UPE", "LR", "UMSDR"]);

/** Whether the upstream that was chosen gave no (whole) answer. */
export function upstreamFailed(codes: readonly string[]): boolean {
  return codes.some((code) => NO_RESPONSE.has(code));
}
