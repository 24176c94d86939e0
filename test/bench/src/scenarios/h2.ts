import { runH2load } from "../h2load.ts";
import { throughputScenario } from "./throughput.ts";

const CONNECTIONS = 8;
const STREAMS = 16;

/** Small requests over few connections with many streams, by prior knowledge, to an HTTP/1.1 upstream. */
export const h2 = throughputScenario({
  name: "h2",
  title: `HTTP/2 without TLS, small requests, ${CONNECTIONS} connections of ${STREAMS} streams: as h1 otherwise`,
  latencies: [
    ["meanMs", "mean ms", 2],
    ["maxMs", "max ms", 2],
  ],
  // The others would need a listener of their own for it.
  contenders: ["envoy", "sluice"],
  ratioWanted: 2,
  load: ({ port }, seconds, cpu) =>
    runH2load({
      url: `http://127.0.0.1:${port}/`,
      seconds,
      connections: CONNECTIONS,
      streams: STREAMS,
      cpu,
    }),
});
