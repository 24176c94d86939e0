import { startPromptEnvoy, startPromptSluice } from "../run-case.ts";
import { assertNoneTwiceRunning } from "../twice-running.ts";
import { type Plan, runGenerated } from "./compare.ts";
import { differencesOf } from "./differences.ts";
import { tellDifferences } from "./tell-differences.ts";

/**
 * Rejects, with the seed, when Sluice does in what is generated from it anything that Envoy does not.
 *
 * @returns how many requests were compared
 */
export async function compareGenerated(plan: Plan): Promise<number> {
  const { seed, listeners, hostsEach, requestsEach } = plan;
  const { compared } = await assertNoneTwiceRunning(
    async () => {
      const compared = await runGenerated(plan, [startPromptEnvoy, startPromptSluice]);
      return { compared, differences: differencesOf(compared) };
    },
    ({ compared }, twice) => tellDifferences(compared, twice, { most: 10 }),
    `show-generated.ts ${seed} --listeners=${listeners} --hosts=${hostsEach} --requests=${requestsEach}`,
  );
  return compared.requests.size;
}
