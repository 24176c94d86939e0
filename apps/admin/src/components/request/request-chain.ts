import type { AccessLogEntry } from "@sluice/telemetry";

export type StepKind = "downstream" | "listener" | "host" | "route" | "cluster" | "endpoint";

export interface ChainStep {
  readonly kind: StepKind;
  readonly name: string;
  readonly href: string | undefined;
}

/** The stations of a request as far as it came; `stopped` when it did not reach an endpoint. */
export function requestChain(request: AccessLogEntry): {
  readonly steps: readonly ChainStep[];
  readonly stopped: boolean;
} {
  const to = (kind: string, name: string): string => `/${kind}/${encodeURIComponent(name)}`;
  const steps: ChainStep[] = [{ kind: "downstream", name: request.downstreamAddress, href: undefined }];
  if (request.listener !== "") {
    steps.push({ kind: "listener", name: request.listener, href: to("listeners", request.listener) });
  }
  if (request.virtualHost !== "") steps.push({ kind: "host", name: request.virtualHost, href: "/routes" });
  if (request.route !== "") steps.push({ kind: "route", name: request.route, href: "/routes" });
  if (request.cluster !== "") {
    steps.push({ kind: "cluster", name: request.cluster, href: to("clusters", request.cluster) });
  }
  if (request.upstreamAddress !== "") {
    const href = request.cluster === "" ? undefined : to("clusters", request.cluster);
    steps.push({ kind: "endpoint", name: request.upstreamAddress, href });
  }
  return { steps, stopped: request.upstreamAddress === "" };
}

export const TIMING_KEYS = {
  "request received": "requestReceived",
  "upstream first byte sent": "upstreamFirstSent",
  "upstream last byte sent": "upstreamLastSent",
  "upstream first byte received": "upstreamFirstReceived",
  "upstream last byte received": "upstreamLastReceived",
  "response first byte sent": "downstreamFirstSent",
  "response last byte sent": "downstreamLastSent",
} as const;

const PATH_ORDER = Object.keys(TIMING_KEYS);

/** In the order in which they happened (of the same instant: in that of a request's path), with the share of the whole time. */
export function timingSteps(
  request: AccessLogEntry,
): readonly { readonly name: string; readonly ms: number; readonly share: number }[] {
  const total = Math.max(request.durationMs, ...Object.values(request.timings), 0.001);
  return Object.entries(request.timings)
    .toSorted(
      (left, right) => left[1] - right[1] || PATH_ORDER.indexOf(left[0]) - PATH_ORDER.indexOf(right[0]),
    )
    .map(([name, ms]) => ({ name, ms, share: ms / total }));
}
