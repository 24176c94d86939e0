import { runWrk } from "../wrk.ts";
import { throughputScenario } from "./throughput.ts";

/** Small keep-alive requests: the cost of a request, little else. */
export const h1 = throughputScenario({
  name: "h1",
  title:
    "HTTP/1.1 keep-alive, small requests: default HTTP connection manager and router, stats on, one worker",
  latencies: [
    ["p50Ms", "p50 ms", 2],
    ["p99Ms", "p99 ms", 2],
  ],
  ratioWanted: 1.7,
  load: ({ port }, seconds, cpu, { connections }) =>
    runWrk({ url: `http://127.0.0.1:${port}/`, seconds, connections, cpu }),
});
