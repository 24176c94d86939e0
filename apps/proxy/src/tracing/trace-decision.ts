import type { HeaderMap, Random, Runtime, TraceReason } from "@sluice/extension-api";
import { EnvoyHeader } from "../http/envoy-headers.ts";

/** Percentages of `tracing`; each can be overridden by a runtime key. */
export interface TraceSampling {
  readonly client: number;
  readonly random: number;
  readonly overall: number;
}

/** `envoy.request_id.uuid`: how request ids and traces belong together. */
export interface RequestIdOptions {
  /** The id tells why its request is traced, in the first digit of its third group. */
  readonly packTraceReason: boolean;
  /** The id's first digits are the random number of the sampling, so that all proxies decide alike. */
  readonly useForSampling: boolean;
}

/** Its digits are what sampling goes by. */
const NUMBERED = /^[0-9a-fA-F]{8}/;
/** How long an id must be for its reason to be read and written. */
const UUID_LENGTH = 36;
/** Place of the digit that tells the reason, and what it says. */
const REASON_AT = 14;
const DIGITS: Readonly<Record<TraceReason, string>> = {
  sampling: "9",
  service_forced: "a",
  client_forced: "b",
};
const NOT_TRACED = "4";

function reasonIn(id: string): TraceReason | undefined {
  switch (id[REASON_AT]) {
    case "9":
      return "sampling";
    case "a":
      return "service_forced";
    case "b":
      return "client_forced";
    default:
      return undefined;
  }
}

/**
 * Why a request is traced, by Envoy's order: what its id says already, asked for by the client, forced by a service, at random;
 * then the overall limit. `undefined`: it is not. The decision is written into the id.
 */
export function decideTrace(
  headers: HeaderMap,
  sampling: TraceSampling,
  options: RequestIdOptions,
  runtime: Runtime,
  random: Random,
): TraceReason | undefined {
  const id = headers.get("x-request-id");
  // As Envoy: then the sampling is the tracer's.
  if (!options.useForSampling) return "sampling";
  if (id === undefined || !NUMBERED.test(id)) return undefined;
  const drawn = Number.parseInt(id.slice(0, 8), 16);
  const packs = options.packTraceReason && id.length === UUID_LENGTH;
  const pass = (key: string, percent: number, value: number): boolean =>
    runtime.featureEnabled(`tracing.${key}`, Math.round(percent * 100), 10_000, value);
  let reason = packs ? reasonIn(id) : undefined;
  if (reason === undefined) {
    if (headers.has("x-client-trace-id") && pass("client_enabled", sampling.client, random.uint32())) {
      reason = "client_forced";
    } else if (headers.has(EnvoyHeader.forceTrace)) reason = "service_forced";
    else if (pass("random_sampling", sampling.random, drawn)) reason = "sampling";
  }
  if (reason !== undefined && !pass("global_enabled", sampling.overall, drawn)) reason = undefined;
  if (packs) {
    const digit = reason === undefined ? NOT_TRACED : DIGITS[reason];
    if (id[REASON_AT] !== digit) {
      headers.set("x-request-id", id.slice(0, REASON_AT) + digit + id.slice(REASON_AT + 1));
    }
  }
  return reason;
}
