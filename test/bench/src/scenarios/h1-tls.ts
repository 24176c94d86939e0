import { runWrk } from "../wrk.ts";
import { throughputScenario } from "./throughput.ts";

/** As `h1`, over TLS: what encryption adds to a request; handshakes are few. */
export const h1Tls = throughputScenario({
  name: "h1-tls",
  title: "HTTP/1.1 over TLS, keep-alive, small requests, an ECDSA certificate, one worker",
  latencies: [
    ["p50Ms", "p50 ms", 2],
    ["p99Ms", "p99 ms", 2],
  ],
  contenders: ["envoy", "sluice"],
  tls: true,
  ratioWanted: 1,
  load: ({ port }, seconds, cpu, { connections }) =>
    runWrk({ url: `https://127.0.0.1:${port}/`, seconds, connections, cpu }),
});
