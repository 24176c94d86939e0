import assert from "node:assert/strict";
import { startSluiceProxy } from "@sluice/harness";
import { startPromptEnvoy } from "../run-case.ts";
import { type Plan, runGenerated } from "./compare.ts";
import { differencesOf } from "./differences.ts";
import { tellDifferences } from "./tell-differences.ts";

/**
 * Rejects, with the seed, when Sluice does in what is generated from it anything that Envoy does not. A difference counts when it
 * shows twice running, as for the cases.
 *
 * @returns how many requests were compared
 */
export async function compareGenerated(plan: Plan): Promise<number> {
  const starts = [startPromptEnvoy, startSluiceProxy];
  const first = await runGenerated(plan, starts);
  const differences = differencesOf(first);
  if (differences.length === 0) return first.requests.size;
  const again = await runGenerated(plan, starts);
  const names = new Set(differencesOf(again).map(({ id, at }) => `${id} ${at}`));
  const twice = differences.filter(({ id, at }) => names.has(`${id} ${at}`));
  const { seed, listeners, hostsEach, requestsEach } = plan;
  const how = `show-generated.ts ${seed} --listeners=${listeners} --hosts=${hostsEach} --requests=${requestsEach}`;
  assert.equal(twice.length, 0, `${tellDifferences(first, twice, { most: 10 })}\n\n${how} shows all of it`);
  return first.requests.size;
}
