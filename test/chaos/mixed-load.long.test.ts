import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryGrowth } from "./src/memory-growth.ts";
import { runChaos } from "./src/run-chaos.ts";

/** Default 10 minutes. */
const SECONDS = Number(process.env.SLUICE_CHAOS_SECONDS ?? 600);
/** What the collector's moods may account for. */
const GROWTH_MIB_MAX = 60;

test(`${SECONDS} s of mixed load while configuration and upstreams change each second: nothing fails that retries hide, memory does not grow, nothing is left behind`, async () => {
  const { problems, summary, memory } = await runChaos({
    seconds: SECONDS,
    apiType: "DELTA_GRPC",
    clients: 24,
    onSecond: (line) => console.log(line),
  });
  console.log(summary);
  assert.deepEqual(problems, [], summary);
  const growth = memoryGrowth(memory);
  assert.ok(
    growth <= GROWTH_MIB_MAX,
    `${growth} MiB more after warm-up: ${memory.map(Math.round).join(" ")}`,
  );
});
