import type { Condition, HeaderView, MatchContext } from "./contract.ts";
import { headerValues, isRepeated } from "./header-values.ts";

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
 * values of one header (a tenant, a method), they are grouped by that value.
 */
export class CandidateList<C extends Candidate> {
  private readonly plain: readonly C[];
  private readonly header: string;
  private readonly byValue: ReadonlyMap<string, CandidateList<C>> | undefined;

  constructor(candidates: readonly C[]) {
    const header = candidates.length > PLAIN_MAX ? mostTellingHeader(candidates) : undefined;
    if (header === undefined) {
      this.plain = candidates;
      this.header = "";
      this.byValue = undefined;
      return;
    }
    const groups = new Map<string, C[]>();
    const rest: C[] = [];
    for (const candidate of candidates) {
      const value = exactValue(candidate, header);
      const group = value === undefined ? rest : (groups.get(value) ?? []);
      group.push(candidate);
      if (value !== undefined) groups.set(value, group);
    }
    this.plain = rest;
    this.header = header;
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
    if (this.byValue !== undefined) {
      const joined = headers.getAll(this.header);
      if (joined !== undefined && isRepeated(headers, this.header, joined)) {
        for (const value of headerValues(headers, this.header))
          lowest = this.byValue.get(value)?.first(lowest, path, headers, random, context) ?? lowest;
      } else if (joined !== undefined) {
        const group = this.byValue.get(joined);
        if (group !== undefined) lowest = group.first(lowest, path, headers, random, context);
      }
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

function exactValue(candidate: Candidate, header: string): string | undefined {
  return candidate.conditions.find(({ exactHeader }) => exactHeader?.key === header)?.exactHeader?.value;
}

/** The header that splits the candidates into the most groups; `undefined` when none splits them. */
function mostTellingHeader(candidates: readonly Candidate[]): string | undefined {
  const values = new Map<string, Set<string>>();
  for (const { conditions } of candidates)
    for (const { exactHeader } of conditions) {
      if (exactHeader === undefined) continue;
      const seen = values.get(exactHeader.key) ?? new Set();
      values.set(exactHeader.key, seen.add(exactHeader.value));
    }
  let best: string | undefined;
  let groups = 1;
  for (const [header, seen] of values)
    if (seen.size > groups) {
      best = header;
      groups = seen.size;
    }
  return best;
}
