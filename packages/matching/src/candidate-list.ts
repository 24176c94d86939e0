import type { Condition, ExactProbe, HeaderView, MatchContext } from "./contract.ts";

/** What the index needs of a route. */
export interface Candidate {
  /** Position in the virtual host: the lower one wins. */
  readonly index: number;
  readonly conditions: readonly Condition[];
  /** Checks what the index has not decided: a regular expression on the path, then the conditions. */
  accepts(path: string | undefined, headers: HeaderView, random: number, context: MatchContext): boolean;
}

/** No candidate has been accepted yet. */
export const NONE = 0x7fffffff;

// Below this a plain scan is faster than a look into a map.
const PLAIN_MAX = 8;

/**
 * Routes of which the path alone decides no more, in the configuration's order. Where many of them ask for different exact
 * values of one header or query parameter (a tenant, a method), they are grouped by that value.
 */
export class CandidateList<C extends Candidate> {
  private readonly plain: readonly C[];
  private readonly probe: ExactProbe | undefined;
  private readonly byValue: ReadonlyMap<string, CandidateList<C>> | undefined;

  constructor(candidates: readonly C[]) {
    const probe = candidates.length > PLAIN_MAX ? mostTellingProbe(candidates) : undefined;
    this.probe = probe;
    if (probe === undefined) {
      this.plain = candidates;
      this.byValue = undefined;
      return;
    }
    const groups = new Map<string, C[]>();
    const rest: C[] = [];
    for (const candidate of candidates) {
      const value = exactValue(candidate, probe);
      const group = value === undefined ? rest : (groups.get(value) ?? []);
      group.push(candidate);
      if (value !== undefined) groups.set(value, group);
    }
    this.plain = rest;
    this.byValue = new Map([...groups].map(([value, group]) => [value, new CandidateList(group)]));
  }

  /** The index of the first that accepts the request, if it is below `best`; else `best`. */
  first(
    best: number,
    path: string | undefined,
    headers: HeaderView,
    random: number,
    context: MatchContext,
  ): number {
    let lowest = best;
    const { byValue, probe } = this;
    if (byValue !== undefined) {
      const given = probe?.values(headers);
      if (typeof given === "string") {
        const group = byValue.get(given);
        if (group !== undefined) lowest = group.first(lowest, path, headers, random, context);
      } else if (given !== undefined)
        for (const value of given)
          lowest = byValue.get(value)?.first(lowest, path, headers, random, context) ?? lowest;
    }
    const { plain } = this;
    for (let i = 0; i < plain.length; i++) {
      const candidate = plain[i];
      if (candidate === undefined || candidate.index >= lowest) break;
      if (candidate.accepts(path, headers, random, context)) return candidate.index;
    }
    return lowest;
  }
}

function exactValue(candidate: Candidate, probe: ExactProbe): string | undefined {
  return candidate.conditions.find(({ exact }) => exact?.probe.id === probe.id)?.exact?.value;
}

/** The probe that splits the candidates into the most groups; `undefined` when none splits them. */
function mostTellingProbe(candidates: readonly Candidate[]): ExactProbe | undefined {
  const found = new Map<string, { readonly probe: ExactProbe; readonly values: Set<string> }>();
  for (const { conditions } of candidates)
    for (const { exact } of conditions) {
      if (exact === undefined) continue;
      const seen = found.get(exact.probe.id) ?? { probe: exact.probe, values: new Set() };
      seen.values.add(exact.value);
      found.set(exact.probe.id, seen);
    }
  let best: ExactProbe | undefined;
  let groups = 1;
  for (const { probe, values } of found.values())
    if (values.size > groups) {
      best = probe;
      groups = values.size;
    }
  return best;
}
