import { because, type ReasonPart } from "../rollout/rollout-reason.ts";
import type { ProbeObservation, SyntheticProbe } from "./probe-contract.ts";

/** What is not as expected; undefined: all is. */
export function judgeProbe(
  { statuses, bodyContains }: SyntheticProbe,
  observed: ProbeObservation,
): ReasonPart | undefined {
  if ("error" in observed) return because("probe_unanswered", { message: observed.error });
  const { status, bodyMatches } = observed;
  if (!statuses.includes(status)) return because("probe_status", { status, expected: statuses.join(", ") });
  return bodyContains === "" || bodyMatches ? undefined : because("probe_body", { text: bodyContains });
}

/** Of what a node of another release may have sent. */
export function readObservation(value: unknown): ProbeObservation {
  const { status, bodyMatches, durationMs, error } = Object(value) as Record<string, unknown>;
  if (typeof error === "string") return { error: error.slice(0, 1_000) };
  if (typeof status !== "number") return { error: "the node said nothing of an answer" };
  return { status, bodyMatches: bodyMatches === true, durationMs: Number(durationMs) || 0 };
}
