import type { Figure } from "../../server/trpc/figures/figures-router.ts";

/** Several scopes as one: rates add up, success is weighted by them, the p95 is the worst one's (percentiles do not add). */
export function addFigures(
  figures: ReadonlyMap<string, Figure>,
  names: readonly string[],
): Omit<Figure, "name"> | undefined {
  let requestsPerSecond = 0;
  let good = 0;
  let p95Ms: number | undefined;
  let found = false;
  for (const name of names) {
    const figure = figures.get(name);
    if (!figure) continue;
    found = true;
    requestsPerSecond += figure.requestsPerSecond;
    good += figure.requestsPerSecond * (figure.successRate ?? 1);
    if (figure.p95Ms !== undefined) p95Ms = Math.max(p95Ms ?? 0, figure.p95Ms);
  }
  if (!found) return undefined;
  return {
    requestsPerSecond,
    successRate: requestsPerSecond > 0 ? good / requestsPerSecond : undefined,
    p95Ms,
  };
}
