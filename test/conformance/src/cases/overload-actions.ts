import { setTimeout as wait } from "node:timers/promises";
import { type RawConnection, RawHttp2Client, TestCertificates, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { ABOVE_HALF, action, INJECTED, overloaded, press, shows } from "../overload-pressure.ts";
import { session } from "../tcp-session.ts";

const STOP = "stop_accepting_connections";
const REDUCE = "reduce_timeouts";
const SHRINK = "shrink_heap";
const TYPES = "type.googleapis.com/envoy.config.overload.v3";

/** `timers`: a minimum for each of these. */
function reducing(timers: Readonly<Record<string, string>>, trigger = ABOVE_HALF): string {
  const factors = Object.entries(timers).map(([timer, minimum]) => `{ timer: ${timer}, ${minimum} }`);
  return overloaded(`    - name: envoy.overload_actions.${REDUCE}
      triggers: [{ name: ${INJECTED}, ${trigger} }]
      typed_config: { "@type": ${TYPES}.ScaleTimersOverloadActionConfig, timer_scale_factors: [${factors.join(", ")}] }`);
}

const statOf = (name: string): string => `overload.envoy.overload_actions.${name}`;
const CLOSED_BY_REQUEST = "GET / HTTP/1.1\r\nhost: example.test\r\nconnection: close\r\n\r\n";

/** Whether nothing has come of a request after a while. */
async function waits(pending: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([pending.then(() => "answered"), wait(300, "waits")])) === "waits";
}

/** Connections that are made while none are accepted, and what becomes of them. */
const stopsAccepting = (bypasses: boolean): ConformanceCase => ({
  title: `an overloaded proxy lets connections wait${bypasses ? ", also where the overload manager is bypassed" : ""}`,
  files: { pressure: "0.1" },
  ignoreUpstream: true,
  yaml: httpBootstrap({
    listener: `stat_prefix: main\nbypass_overload_manager: ${bypasses}`,
    bootstrap: overloaded(action(STOP, ABOVE_HALF)),
  }),
  observe: async (target) => {
    const before = await target.connect();
    before.write("GET / HTTP/1.1\r\nhost: example.test\r\n\r\n");
    const first = (await before.response()).status;
    await press(target, "0.9");
    await shows(target, `${STOP}.active`, 1);
    const pending = session(target.port, { send: CLOSED_BY_REQUEST, waitMs: 20_000 });
    const waited = await waits(pending);
    before.write("GET / HTTP/1.1\r\nhost: example.test\r\n\r\n");
    const second = (await before.response()).status;
    before.destroy();
    const active = (await target.proxy.stats()).get("listener.main.downstream_cx_total");
    await press(target, "0.1");
    await shows(target, `${STOP}.active`, 0);
    const { received } = await pending;
    return { first, waited, second, active, answered: received.slice(0, 15) };
  },
  stats: ["listener.main.downstream_cx_total", "listener.main.downstream_cx_overload_reject"],
});

/** A connection that has had its answer. */
async function idle(target: Target): Promise<RawConnection> {
  const connection = await target.connect();
  connection.write("GET / HTTP/1.1\r\nhost: example.test\r\n\r\n");
  await connection.response();
  return connection;
}

/** Whether it still stands after a while. */
async function stays(connection: RawConnection): Promise<boolean> {
  const ended = connection.closed().then(() => false);
  const stayed = await Promise.race([ended, wait(500, true)]);
  connection.destroy();
  return stayed;
}

const certificates = TestCertificates.ofProcess();
const { certificate, key } = certificates.create("server", { names: "DNS:example.test" });

/** A listener of TLS that leaves its clients an hour for the handshake. */
function withTls(yaml: string): string {
  const chain = `certificate_chain: { inline_string: ${JSON.stringify(certificate)} }, private_key: { inline_string: ${JSON.stringify(key)} }`;
  const tls = `{ "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: { tls_certificates: [{ ${chain} }] } }`;
  return yaml.replace(
    / +- filters:/,
    (found) =>
      `${found.replace("filters:", "transport_socket_connect_timeout: 3600s")}
${found.replace("- filters:", `  transport_socket: { name: tls, typed_config: ${tls} }`)}
${found.replace("-", " ")}`,
  );
}

export const OVERLOAD_ACTION_CASES: readonly ConformanceCase[] = [
  stopsAccepting(false),
  stopsAccepting(true),
  {
    title: "an overloaded proxy waits less for idle connections, also for those that are idle already",
    files: { pressure: "0.1" },
    ignoreUpstream: true,
    yaml: httpBootstrap({
      hcm: "drain_timeout: 0.1s\ncommon_http_protocol_options: { idle_timeout: 3600s }",
      bootstrap: reducing({ HTTP_DOWNSTREAM_CONNECTION_IDLE: "min_timeout: 1s" }),
    }),
    observe: async (target) => {
      const early = await idle(target);
      const before = await stays(await idle(target));
      await press(target, "0.9");
      await shows(target, `${REDUCE}.active`, 1);
      await early.closed();
      await (await idle(target)).closed();
      await press(target, "0.1");
      await shows(target, `${REDUCE}.active`, 0);
      return { before, after: await stays(await idle(target)) };
    },
    stats: ["http.main.downstream_cx_idle_timeout", `${statOf(REDUCE)}.active`],
  },
  {
    title: "an overloaded proxy waits less for streams, by kind",
    files: { pressure: "0.9" },
    ignoreUpstream: true,
    yaml: httpBootstrap({
      hcm: `stream_idle_timeout: 2000s
stream_flush_timeout: 3600s
common_http_protocol_options: { max_connection_duration: 3600s }
access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %PROTOCOL%")}`,
      bootstrap: reducing({
        HTTP_DOWNSTREAM_STREAM_IDLE: "min_scale: { value: 0.1 }",
        HTTP_DOWNSTREAM_STREAM_FLUSH: "min_timeout: 0.3s",
      }),
    }),
    reply: { body: "x".repeat(200_000) },
    observe: async (target) => {
      await shows(target, `${REDUCE}.active`, 1);
      const { received } = await session(target.port, {
        send: "POST / HTTP/1.1\r\nhost: example.test\r\ncontent-length: 5\r\n\r\n",
        waitMs: 20_000,
      });
      const client = await RawHttp2Client.connect(target.port, { windowUpdates: false });
      client.request(1, "/large");
      await waitFor("the stream's end", () => client.isOver(1), { deadlineMs: 20_000 });
      const { status, reset } = client.streams.get(1) ?? {};
      client.destroy();
      return { idle: received.split("\r\n")[0], flush: { status, reset } };
    },
    accessLog: { file: "access.log", lines: 2 },
    stats: [
      "http.main.downstream_rq_idle_timeout",
      "http.main.downstream_rq_tx_reset",
      "http.main.downstream_rq_rx_reset",
      "http.main.downstream_rq_completed",
      "http2.tx_flush_timeout",
      "http2.tx_reset",
    ],
  },
  {
    title: "an overloaded proxy ends connections earlier",
    files: { pressure: "0.9" },
    ignoreUpstream: true,
    yaml: httpBootstrap({
      hcm: "drain_timeout: 0.1s\ncommon_http_protocol_options: { max_connection_duration: 3600s }",
      bootstrap: reducing({ HTTP_DOWNSTREAM_CONNECTION_MAX: "min_timeout: 1s" }),
    }),
    observe: async (target) => {
      await shows(target, `${REDUCE}.active`, 1);
      return (await (await idle(target)).closed()).length;
    },
    stats: ["http.main.downstream_cx_max_duration_reached", "http.main.downstream_cx_idle_timeout"],
  },
  {
    title: "an overloaded proxy waits less for handshakes",
    files: { pressure: "0.9" },
    ignoreUpstream: true,
    yaml: withTls(
      httpBootstrap({
        listener: "stat_prefix: main",
        bootstrap: reducing({ TRANSPORT_SOCKET_CONNECT: "min_timeout: 0.2s" }),
      }),
    ),
    observe: async (target) => {
      await shows(target, `${REDUCE}.active`, 1);
      return session(target.port, { waitMs: 20_000 });
    },
    stats: [
      "listener.main.downstream_cx_transport_socket_connect_timeout",
      "listener.main.downstream_cx_total",
    ],
  },
  {
    title: "an overloaded proxy gives memory back",
    files: { pressure: "0.9" },
    yaml: httpBootstrap({
      bootstrap: overloaded(`    - name: envoy.overload_actions.${SHRINK}
      triggers: [{ name: ${INJECTED}, ${ABOVE_HALF} }]
      typed_config: { "@type": ${TYPES}.ShrinkHeapConfig, timer_interval: 1s, max_unfreed_memory_bytes: 1 }`),
    }),
    observe: async (target) => {
      await waitFor(
        "memory to be given back",
        async () => ((await target.proxy.stats()).get(`${statOf(SHRINK)}.shrink_count`) ?? 0) > 0,
        { deadlineMs: 20_000, intervalMs: 50 },
      );
      return (await target.send({ path: "/" })).status;
    },
  },
];
