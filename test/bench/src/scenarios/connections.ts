import { envoyConfig, tcpProxy, tlsChain } from "../envoy-config.ts";
import type { Scenario } from "../scenario.ts";
import { runWrk } from "../wrk.ts";
import { throughputScenario } from "./throughput.ts";

const ENVOY_AND_SLUICE = ["envoy", "sluice"] as const;
const LATENCIES: Scenario["columns"] = [
  ["p50Ms", "p50 ms", 2],
  ["p99Ms", "p99 ms", 2],
];
const CLOSE = `wrk.headers["Connection"] = "close"`;

/** Each request on a connection of its own. */
export const connect = throughputScenario({
  name: "connect",
  title: "new connections/s: one request each, HTTP/1.1",
  latencies: LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  ratioWanted: 1,
  load: ({ port }, seconds, cpu, { connections }) =>
    runWrk({ url: `http://127.0.0.1:${port}/`, seconds, connections, cpu, setup: CLOSE }),
});

export const connectTls = throughputScenario({
  name: "connect-tls",
  title: "new TLS connections/s: one request each, HTTP/1.1, full handshakes",
  latencies: LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  ratioWanted: 1,
  config: ({ upstreamPort, certificate }) => envoyConfig({ upstreamPort, chain: tlsChain(certificate) }),
  load: ({ port }, seconds, cpu, { connections }) =>
    runWrk({ url: `https://127.0.0.1:${port}/`, seconds, connections, cpu, setup: CLOSE }),
});

/** TCP proxy, mostly towards the client. */
export const tcpDown = throughputScenario({
  name: "tcp-down",
  title: "TCP proxy, 1 MiB towards the client per exchange (exchanges/s are MiB/s)",
  latencies: LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  upstream: "large",
  ratioWanted: 1,
  config: ({ upstreamPort }) => envoyConfig({ upstreamPort, networkFilters: [tcpProxy()] }),
  load: ({ port }, seconds, cpu) =>
    runWrk({ url: `http://127.0.0.1:${port}/`, seconds, connections: 8, cpu }),
});

export const tcpUp = throughputScenario({
  name: "tcp-up",
  title: "TCP proxy, 1 MiB towards the upstream per exchange (exchanges/s are MiB/s)",
  latencies: LATENCIES,
  contenders: ENVOY_AND_SLUICE,
  ratioWanted: 1,
  config: ({ upstreamPort }) => envoyConfig({ upstreamPort, networkFilters: [tcpProxy()] }),
  load: ({ port }, seconds, cpu) =>
    runWrk({
      url: `http://127.0.0.1:${port}/`,
      seconds,
      connections: 8,
      cpu,
      setup: `wrk.method = "POST"\nwrk.body = string.rep("large ", 174763)`,
    }),
});
