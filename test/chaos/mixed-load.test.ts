import assert from "node:assert/strict";
import { test } from "node:test";
import { runChaos } from "./src/run-chaos.ts";

for (const apiType of ["GRPC", "DELTA_GRPC"] as const) {
  test(`10 s of mixed load by ${apiType} while configuration and upstreams change each second: nothing fails that retries hide, and nothing is left behind`, async () => {
    const { problems, summary } = await runChaos({ seconds: 10, apiType, clients: 16 });
    assert.deepEqual(problems, [], summary);
  });
}
