import { createServer, constants as h2, type ServerHttp2Stream } from "node:http2";
import { setTimeout as wait } from "node:timers/promises";
import { connectRaw, requestBytes, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

const LOG = `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON%", "log")}`;

/** Streams that are not answered yet, by path. */
const held = new Map<string, ServerHttp2Stream>();
const server = createServer();
server.on("sessionError", () => {});
server.on("stream", (stream: ServerHttp2Stream, headers) => {
  stream.on("error", () => {});
  stream.session?.on("error", () => {});
  const path = String(headers[":path"]);
  const id = stream.id ?? 0;
  const answer = (): void => {
    if (stream.destroyed) return;
    stream.respond({ ":status": 200 });
    stream.end("h2");
  };
  if (path.endsWith("/held")) held.set(path, stream);
  else if (path.endsWith("/settings")) {
    stream.session?.settings({ maxConcurrentStreams: 1 });
    setTimeout(answer, 50);
  } else if (path.endsWith("/leaving")) {
    stream.session?.goaway(h2.NGHTTP2_NO_ERROR, id);
    setTimeout(answer, 100);
  } else if (path.endsWith("/left")) stream.session?.goaway(h2.NGHTTP2_NO_ERROR, id - 2);
  else if (path.endsWith("/angry")) {
    stream.session?.goaway(h2.NGHTTP2_ENHANCE_YOUR_CALM, id);
    setTimeout(answer, 100);
  } else answer();
});

async function until(target: Target, name: string, value: number): Promise<void> {
  await waitFor(`${name} to be ${value}`, async () => (await target.proxy.stats(name)).get(name) === value);
}

const tcp = (name: string, fields: string): string => `    - name: ${name}
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains: [{ filters: [{ name: tcp, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, ${fields} } }] }]
`;

const destroyed = (name: string): readonly string[] =>
  ["", "_local", "_remote", "_with_active_rq", "_local_with_active_rq", "_remote_with_active_rq"].map(
    (each) => `cluster.${name}.upstream_cx_destroy${each}`,
  );

const NARROW =
  "circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 1, track_remaining: true }] }";
const CHECK =
  "health_checks: [{ timeout: 1s, interval: 0.1s, no_traffic_interval: 0.1s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: { path: /hc } }]\ncommon_lb_config: { healthy_panic_threshold: { value: 0 }, update_merge_window: 0s }";

export const POOL_LIMIT_CASES: readonly ConformanceCase[] = [
  {
    title: "HTTP/2 upstreams limit their streams and say that they go away",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/h2/" }, route: { cluster: h2, timeout: 1s } }
- { match: { prefix: "/again/" }, route: { cluster: h2, timeout: 1s, retry_policy: { retry_on: "refused-stream,reset", num_retries: 1 } } }`,
      clusters: staticCluster("h2", ["{{tcp}}"], OVER_HTTP2),
      hcm: LOG,
    }),
    tcp: (socket) => void server.emit("connection", socket),
    accessLog: { file: "log", lines: 10 },
    observe: async (target) => {
      const seen: unknown[] = [];
      const total = async (): Promise<unknown> =>
        (await target.proxy.stats("cluster.h2.upstream_cx_total")).get("cluster.h2.upstream_cx_total");
      const send = async (path: string): Promise<void> => {
        const { status, body } = await target.send({ path });
        seen.push([path, status, body, await total()]);
      };
      await send("/h2/first");
      await send("/h2/settings");
      const both = ["/h2/1/held", "/h2/2/held"].map((path) => ({ path, answer: target.send({ path }) }));
      await waitFor("both", () => held.size === 2);
      seen.push(await total());
      // One behind the other, as each is logged when it ends.
      for (const { path, answer } of both) {
        const stream = held.get(path);
        stream?.respond({ ":status": 200 });
        stream?.end("held");
        await answer;
      }
      held.clear();
      await send("/h2/leaving");
      await send("/h2/next");
      await send("/h2/left");
      await send("/again/left");
      await send("/h2/angry");
      await send("/h2/last");
      return seen;
    },
    stats: [
      ...["close_notify", "total", "http2_total", "active"].map((each) => `cluster.h2.upstream_cx_${each}`),
      ...["rx_reset", "tx_reset", "total", "pending_total", "retry"].map(
        (each) => `cluster.h2.upstream_rq_${each}`,
      ),
      "cluster.h2.http2.goaway_sent",
      ...destroyed("h2"),
    ],
  },
  {
    title: "requests wait for one connection, as many as may, until they are given up",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/narrow/brief" }, route: { cluster: narrow, timeout: 0.2s } }
- { match: { prefix: "/narrow" }, route: { cluster: narrow } }`,
      clusters: staticCluster("narrow", ["{{upstream}}"], NARROW),
      hcm: LOG,
    }),
    accessLog: { file: "log", lines: 6 },
    observe: async (target) => {
      const answered = Promise.withResolvers<void>();
      target.upstream.reply(({ target: path }) =>
        path.endsWith("/slow") ? { after: answered.promise, body: "slow" } : { body: "one" },
      );
      const slow = target.send({ path: "/narrow/slow" });
      await waitFor("the slow request", () => target.upstream.requests.length === 1);
      const leaving = await target.connect();
      leaving.write(requestBytes({ path: "/narrow/leaving", headers: [["host", "example.test"]] }));
      await until(target, "cluster.narrow.upstream_rq_pending_active", 1);
      const overflow = await target.send({ path: "/narrow/overflow" });
      const stats = await target.proxy.stats("cluster.narrow.circuit_breakers.default");
      const page = await target.proxy.admin("/clusters");
      const pending = /^narrow::.*::rq_pending_active::(.*)$/m.exec(page)?.[1];
      leaving.destroy();
      await until(target, "cluster.narrow.upstream_rq_pending_active", 0);
      const brief = await target.send({ path: "/narrow/brief" });
      const waiting = target.send({ path: "/narrow/waiting" });
      await until(target, "cluster.narrow.upstream_rq_pending_active", 1);
      answered.resolve();
      const responses = [
        overflow,
        brief,
        await slow,
        await waiting,
        await target.send({ path: "/narrow/after" }),
      ];
      // Without a limit what remains is 2^64 - 1 in Envoy, more than a number holds here.
      const breakers = [...stats].filter(([name]) => !name.endsWith("remaining_cx_pools")).sort();
      return { breakers, pending, responses };
    },
    stats: [
      ...["total", "overflow", "active"].map((each) => `cluster.narrow.upstream_cx_${each}`),
      ...[
        "total",
        "cancelled",
        "timeout",
        "pending_total",
        "pending_overflow",
        "tx_reset",
        "pending_failure_eject",
      ].map((each) => `cluster.narrow.upstream_rq_${each}`),
    ],
  },
  {
    title: "connections that do not stand in time fail the requests that wait for them",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/mute/again" }, route: { cluster: mute, retry_policy: { retry_on: connect-failure, num_retries: 1 } } }
- { match: { prefix: "/mute" }, route: { cluster: mute } }
- { match: { prefix: "/dead" }, route: { cluster: refused } }`,
      clusters:
        staticCluster(
          "mute",
          ["{{tcp}}"],
          `transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext } }`,
        ).replace("connect_timeout: 1s", "connect_timeout: 0.3s") +
        staticCluster("refused", ["{{dead}}", "{{dead}}"], "outlier_detection: { consecutive_5xx: 1000 }"),
      hcm: LOG,
    }),
    tcp: () => {},
    accessLog: { file: "log", lines: 5 },
    observe: async (target) => {
      const both = await Promise.all([target.send({ path: "/mute/1" }), target.send({ path: "/mute/2" })]);
      // The first one's end fails both requests; the other connection may outlive them, and would be the next one's.
      await until(target, "cluster.mute.upstream_cx_active", 0);
      const again = await target.send({ path: "/mute/again" });
      const dead = [await target.send({ path: "/dead/1" }), await target.send({ path: "/dead/2" })];
      const page = await target.proxy.admin("/clusters");
      const lines = [
        ...page.matchAll(/^(mute|refused)::127.*::(cx_connect_fail|cx_total|rq_error|rq_total)::(.*)$/gm),
      ];
      return {
        both,
        again,
        dead,
        lines: lines.map(([, cluster, what, value]) => `${cluster} ${what} ${value}`),
      };
    },
    stats: ["mute", "refused"].flatMap((name) => [
      ...["total", "connect_fail", "connect_timeout", "active", "none_healthy"].map(
        (each) => `cluster.${name}.upstream_cx_${each}`,
      ),
      ...["total", "pending_total", "pending_failure_eject", "cancelled", "retry", "503"].map(
        (each) => `cluster.${name}.upstream_rq_${each}`,
      ),
      ...destroyed(name),
    ]),
  },
  {
    title: "TCP sessions beyond the limit of connections are refused",
    yaml: httpBootstrap({ clusters: staticCluster("narrow", ["{{tcp}}"], NARROW) }).replace(
      "  clusters:",
      `${tcp("narrow-tcp", `cluster: narrow, access_log: ${fileLog("%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT%", "log")}`)}  clusters:`,
    ),
    tcp: (socket) => {
      socket.on("error", () => {});
      socket.pipe(socket);
    },
    accessLog: { file: "log", lines: 3 },
    observe: async (target) => {
      const port = await target.proxy.listenerPort("narrow-tcp");
      const first = await connectRaw(port);
      first.write("first");
      const echoed = [(await first.reader.exactly(5)).toString()];
      const second = await connectRaw(port);
      second.write("other");
      await second.closed();
      first.destroy();
      await until(target, "cluster.narrow.upstream_cx_active", 0);
      const third = await connectRaw(port);
      third.write("third");
      echoed.push((await third.reader.exactly(5)).toString());
      third.destroy();
      await until(target, "cluster.narrow.upstream_cx_active", 0);
      return echoed;
    },
    stats: [
      ...["total", "overflow"].map((each) => `cluster.narrow.upstream_cx_${each}`),
      ...["total", "cancelled", "pending_total", "pending_overflow"].map(
        (each) => `cluster.narrow.upstream_rq_${each}`,
      ),
      "tcp.t.downstream_cx_total",
    ],
  },
  {
    title: "a host's idle connections end when its check fails",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: checked } }`,
      clusters: staticCluster("checked", ["{{upstream}}"], CHECK),
      hcm: LOG,
    }),
    ignoreUpstream: true,
    accessLog: { file: "log", lines: 3 },
    observe: async (target) => {
      let status = 200;
      target.upstream.reply(({ target: path }) => (path === "/hc" ? { status } : { body: "one" }));
      const seen: number[] = [];
      seen.push((await target.send({ path: "/1" })).status);
      await until(target, "cluster.checked.upstream_cx_active", 1);
      status = 500;
      await until(target, "cluster.checked.membership_healthy", 0);
      await until(target, "cluster.checked.upstream_cx_active", 0);
      seen.push((await target.send({ path: "/2" })).status);
      status = 200;
      await until(target, "cluster.checked.membership_healthy", 1);
      await wait(100);
      seen.push((await target.send({ path: "/3" })).status);
      return seen;
    },
    stats: [
      "cluster.checked.upstream_cx_total",
      "cluster.checked.upstream_cx_none_healthy",
      ...destroyed("checked"),
    ],
  },
];
