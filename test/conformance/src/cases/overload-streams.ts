import { RawHttp2Client, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { INJECTED, overloaded, press, shows } from "../overload-pressure.ts";

const RESET = "reset_high_memory_stream";
const COUNT = `envoy.overload_actions.${RESET}.count`;
const MIB = 1024 * 1024;

/** Streams that hold a MiB or more, from half of the pressure on. */
const OVERLOAD = `${overloaded(`    - name: envoy.overload_actions.${RESET}
      triggers: [{ name: ${INJECTED}, scaled: { scaling_threshold: 0.5, saturation_threshold: 1.0 } }]`)}
  buffer_factory_config: { minimum_account_to_track_power_of_two: 20 }`;

const LOG = `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%")}`;

const STATS = [
  COUNT,
  `overload.envoy.overload_actions.${RESET}.active`,
  `overload.envoy.overload_actions.${RESET}.scale_percent`,
  "http.main.downstream_rq_rx_reset",
  "http.main.downstream_rq_tx_reset",
  "http2.tx_reset",
];

const untilStat = ({ proxy }: Target, name: string, least: number): Promise<unknown> =>
  waitFor(`${name}: ${least}`, async () => ((await proxy.stats(name)).get(name) ?? 0) >= least, {
    deadlineMs: 20_000,
  });

export const OVERLOAD_STREAM_CASES: readonly ConformanceCase[] = [
  {
    title: "an overloaded proxy resets the HTTP/2 streams that hold much of their responses, and no others",
    files: { pressure: "0.1" },
    ignoreUpstream: true,
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `- { match: { prefix: "/" }, route: { cluster: one, timeout: 0s } }`,
      bootstrap: OVERLOAD,
    }),
    // Envoy counts the memory that it has for them, about twice as much as they are.
    reply: ({ target }) => ({ body: "x".repeat(target === "/large" ? 2.2 * MIB : 0.3 * MIB) }),
    observe: async (target) => {
      const client = await RawHttp2Client.connect(target.port, { windowUpdates: false });
      client.request(1, "/large");
      client.request(3, "/small");
      await untilStat(target, "http2.pending_send_bytes", 2.4 * MIB);
      const resets = (): unknown => [1, 3].map((stream) => client.streams.get(stream)?.reset ?? "goes on");
      const seen: unknown[] = [];
      await press(target, "0.8");
      await shows(target, `${RESET}.scale_percent`, 60);
      seen.push(resets());
      await press(target, "0.9");
      await waitFor("the reset", () => client.isOver(1), { deadlineMs: 20_000 });
      await shows(target, `${RESET}.scale_percent`, 80);
      seen.push(resets());
      await press(target, "1.0");
      await shows(target, `${RESET}.scale_percent`, 100);
      seen.push(resets());
      client.windowUpdate(0, MIB);
      client.windowUpdate(3, MIB);
      seen.push((await client.outcome(3))?.body.length);
      client.destroy();
      return seen;
    },
    accessLog: { file: "access.log", lines: 2 },
    stats: STATS,
  },
  {
    title: "an overloaded proxy resets an HTTP/2 stream whose request a filter holds",
    files: { pressure: "0.1" },
    ignoreUpstream: true,
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: `
- name: buffer
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: 10000000 }
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`,
      bootstrap: OVERLOAD,
    }),
    observe: async (target) => {
      const client = await RawHttp2Client.connect(target.port);
      client.request(1, "/held", [], { method: "POST", endStream: false });
      // The windows of the SETTINGS hold once they are acknowledged.
      await waitFor("SETTINGS", () => client.settings.size > 0);
      client.ping();
      await client.waitForFrame("PING", ({ type }) => type === 6);
      const chunk = "x".repeat(16_384);
      for (let sent = 0; sent < 2.2 * MIB; sent += chunk.length) client.data(1, chunk, false);
      await untilStat(target, "http.main.downstream_cx_rx_bytes_total", 2.2 * MIB);
      await press(target, "1.0");
      await waitFor("the reset", () => client.isOver(1), { deadlineMs: 20_000 });
      const { reset } = client.streams.get(1) ?? {};
      client.destroy();
      return reset;
    },
    accessLog: { file: "access.log", lines: 1 },
    stats: STATS,
  },
];
