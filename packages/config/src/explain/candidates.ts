import type { Verdict } from "@sluice/matching";
import type { ResourceRef } from "../contract.ts";
import type { Candidate, Candidates, Place } from "./explanation.ts";

/** Makes a place in `resource` from a path below `prefix` (which ends in a dot, or is empty). */
export type PlaceOf = (path: string) => Place;

export function placesIn(resource: ResourceRef, prefix = ""): PlaceOf {
  return (path) => ({ ...resource, path: `${prefix}${path}` });
}

export function candidateOf(verdict: Verdict, placeOf: PlaceOf, asks = ""): Candidate {
  return {
    name: verdict.name,
    at: placeOf(verdict.path),
    outcome: verdict.outcome,
    reasons: verdict.reasons.map(({ field, message }) => ({ message, at: placeOf(field) })),
    asks,
  };
}

const SHOWN_BEFORE = 60;
const SHOWN_AFTER = 20;

/** The chosen one with those around it; where none is chosen, the first ones. */
export function around(all: readonly Candidate[]): Candidates {
  const chosen = all.findIndex(({ outcome }) => outcome === "chosen");
  const from = Math.max(0, chosen - SHOWN_BEFORE);
  const to = chosen < 0 ? SHOWN_BEFORE + SHOWN_AFTER : chosen + 1 + SHOWN_AFTER;
  const items = all.slice(from, to);
  return {
    items,
    total: all.length,
    moreBefore: from,
    moreAfter: Math.max(0, all.length - from - items.length),
  };
}
