import assert from "node:assert/strict";
import { test } from "node:test";
import { parseH2load } from "./h2load.ts";

test("h2load's report is read, whatever the units of its times", () => {
  const report = `
finished in 5.00s, 10731.92 req/s, 760.13KB/s
requests: 4000 total, 4000 started, 4000 done, 3998 succeeded, 1 failed, 1 errored, 0 timeout
status codes: 3990 2xx, 0 3xx, 3 4xx, 5 5xx
time for request:      724us     1.02s     11.42ms      9.32ms    87.93%
time for connect:     1.41ms      2.03ms      1.60ms       190us    87.50%`;
  assert.deepEqual(parseH2load(report), {
    requests: 4000,
    requestsPerSecond: 10731.92,
    meanMs: 11.42,
    maxMs: 1020,
    errors: 10,
  });
});
