import assert from "node:assert/strict";
import { test } from "node:test";
import { runChaos } from "./src/run-chaos.ts";

/** Default 10 minutes. */
const SECONDS = Number(process.env.SLUICE_CHAOS_SECONDS ?? 600);
/** Configuration and connections differ at the two times. */
const HELD_GROWTH_MIB_MAX = 10;
/** What the allocators keep may account for that. */
const RESIDENT_GROWTH_MIB_MAX = 60;

test(`${SECONDS} s of mixed load while configuration and upstreams change each second: nothing fails that retries hide, memory does not grow, nothing is left behind`, async () => {
  const { problems, summary, memory } = await runChaos({
    seconds: SECONDS,
    apiType: "DELTA_GRPC",
    clients: 24,
    measuresMemory: true,
    onSecond: (line) => console.log(line),
  });
  console.log(summary);
  assert.deepEqual(problems, [], summary);
  const [early, late] = memory;
  assert.ok(early !== undefined && late !== undefined);
  console.log(`MiB: ${JSON.stringify(memory)}`);
  assert.ok(late.held - early.held <= HELD_GROWTH_MIB_MAX, JSON.stringify(memory));
  assert.ok(late.resident - early.resident <= RESIDENT_GROWTH_MIB_MAX, JSON.stringify(memory));
});
