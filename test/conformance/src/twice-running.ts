import assert from "node:assert/strict";

/** What Envoy and Sluice did in different ways. */
export interface Difference {
  /** Of what was asked; a stat's name. */
  readonly id: string;
  readonly envoy: unknown;
  readonly sluice: unknown;
}

/** By what a difference is known when it shows again: not by its values, in which chance may be. */
interface Known {
  readonly id: string;
  readonly at?: string;
}

/**
 * For comparisons of what is generated from a seed. Lots and clocks are in some answers, of Envoy as of Sluice, so a difference
 * counts when it shows twice running (docs/decisions/0009): where the first comparison finds any, there is a second one, and this
 * rejects when something differs in both.
 *
 * @param compare both proxies, from their start
 * @param tell text about differences of a comparison
 * @param how the command that shows all of them
 * @returns the first comparison
 */
export async function assertNoneTwiceRunning<D extends Known, Comparison>(
  compare: () => Promise<Comparison & { readonly differences: readonly D[] }>,
  tell: (first: Comparison, differences: readonly D[]) => string,
  how: string,
): Promise<Comparison> {
  const first = await compare();
  if (first.differences.length === 0) return first;
  const again = new Set((await compare()).differences.map(nameOf));
  const twice = first.differences.filter((difference) => again.has(nameOf(difference)));
  assert.equal(twice.length, 0, `${tell(first, twice)}\n\n${how} shows all of it`);
  return first;
}

const nameOf = ({ id, at = "" }: Known): string => `${id} ${at}`;
