import { setTimeout as wait } from "node:timers/promises";
import { staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";
import { session } from "../tcp-session.ts";

const LISTENERS: Readonly<Record<string, string>> = {
  main: "cluster: dead",
  again: "cluster: dead\nmax_connect_attempts: 3",
  later:
    "cluster: dead\nmax_connect_attempts: 3\nbackoff_options: { base_interval: 0.2s, max_interval: 0.3s }",
  none: "cluster: empty",
  unknown: "cluster: unknown",
  full: "cluster: full",
  mute: "cluster: mute",
  mute_twice: "cluster: mute\nmax_connect_attempts: 2",
  early: "cluster: mute\nmax_early_data_bytes: 10",
  ondata: "cluster: dead\nupstream_connect_mode: ON_DOWNSTREAM_DATA\nmax_early_data_bytes: 1024",
  ondata_none: "cluster: empty\nupstream_connect_mode: ON_DOWNSTREAM_DATA\nmax_early_data_bytes: 1024",
};

const READS_AHEAD: ReadonlySet<string> = new Set(["early", "ondata", "ondata_none"]);

const FORMAT =
  "flags=%RESPONSE_FLAGS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT% down=%DOWNSTREAM_DETECTED_CLOSE_TYPE%/%DOWNSTREAM_LOCAL_CLOSE_REASON% up=%UPSTREAM_DETECTED_CLOSE_TYPE%/%UPSTREAM_LOCAL_CLOSE_REASON% %CONNECTION_TERMINATION_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON% host=%UPSTREAM_HOST%";

const SENDS: Readonly<Record<string, { readonly send?: string; readonly end?: boolean }>> = {
  nothing: {},
  little: { send: "hello" },
  "little and the end": { send: "hello", end: true },
  "the end": { end: true },
  much: { send: "x".repeat(500_000) },
};

export const TCP_FAILURE_CASES: readonly ConformanceCase[] = [
  {
    title: "how TCP sessions end that find no upstream, whatever the client has sent",
    yaml: tcpBootstrap(
      Object.entries(LISTENERS).map(([name, fields]) => ({ name, fields })),
      FORMAT,
      `${staticCluster("full", ["{{tcp}}"], "circuit_breakers: { thresholds: [{ max_connections: 0 }] }")}
${staticCluster(
  "mute",
  ["{{tcp}}"],
  `transport_socket: { name: t, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext } }`,
).replace("connect_timeout: 1s", "connect_timeout: 0.3s")}
- { name: empty, type: STATIC, connect_timeout: 1s, load_assignment: { cluster_name: empty } }`,
    ),
    observe: async ({ proxy }) => {
      const seen: Record<string, unknown> = {};
      for (const name of Object.keys(LISTENERS)) {
        for (const [what, options] of Object.entries(SENDS)) {
          // How much is read ahead is each proxy's own.
          if (what === "much" && READS_AHEAD.has(name)) continue;
          const { received, ended } = await session(await proxy.listenerPort(name), options);
          // Whether Envoy had read what the client sent when it closed is a matter of luck, and so whether that ends in a reset.
          seen[`${name}: ${what}`] = { received, over: ended !== "open" };
          await wait(60);
        }
      }
      return seen;
    },
    // Four never end.
    accessLog: {
      file: "access.log",
      lines: Object.keys(LISTENERS).length * Object.keys(SENDS).length - READS_AHEAD.size - 4,
    },
  },
];
