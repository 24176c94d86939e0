import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connectRaw, type RawConnection, RawHttp2Client, type RunningProxy, waitFor } from "@sluice/harness";
import { fileLog, indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { linesOf } from "../log-lines.ts";
import { discovered, fileSource, replaceFile, untilStat } from "../xds-files.ts";

const FILTERS = "type.googleapis.com/envoy.extensions.filters.network";
const A = "127.0.0.2";
const B = "127.0.0.3";
/** Connections to these TCP proxies. */
const C = "127.0.0.4";
const IMMEDIATE = ["--drain-time-s", "1", "--drain-strategy", "immediate"];

const log = (name: string): string =>
  `access_log: ${fileLog(`${name} %PROTOCOL% %REQ(:path)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS%`)}`;

/** A chain for connections from one address. */
const chain = (address: string, filter: string): string =>
  `{ filter_chain_match: { source_prefix_ranges: [{ address_prefix: ${address}, prefix_len: 32 }] }, filters: [${filter}] }`;
const hcm = (prefix: string, drainTimeout: string): string =>
  `{ name: hcm, typed_config: { "@type": ${FILTERS}.http_connection_manager.v3.HttpConnectionManager, stat_prefix: ${prefix}, drain_timeout: ${drainTimeout}, delayed_close_timeout: 0.1s, http2_protocol_options: { allow_connect: true }, upgrade_configs: [{ upgrade_type: websocket }], ${log(prefix)}, route_config: { name: r, virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: raw } }] }] }, http_filters: [{ name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }] } }`;
const tcp = (prefix: string, more = ""): string =>
  `{ name: tcp, typed_config: { "@type": ${FILTERS}.tcp_proxy.v3.TcpProxy, stat_prefix: ${prefix}, cluster: raw, ${log(prefix)}${more} } }`;

const listener = (name: string, chains: readonly string[], more = ""): string =>
  `name: ${name}, address: { socket_address: { address: 127.0.0.1, port_value: 0 } }${more}, filter_chains: [${chains.join(", ")}]`;
const lds = (version: string, ...listeners: string[]): string =>
  discovered(version, "envoy.config.listener.v3.Listener", listeners);

const yaml = `
node: { id: node, cluster: nodes }
dynamic_resources: { lds_config: ${fileSource("lds.yaml")} }
static_resources:
  clusters:
${indent(staticCluster("raw", ["{{tcp}}"]), 4)}
`;

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
const UPGRADE = "GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";

/** Answers all but `/hold`, which waits until somebody asks for `/release`; tunnels and whatever is not HTTP are echoed. */
function holding(): (socket: Socket) => void {
  const held: (() => void)[] = [];
  return (socket) => {
    let tunnel = false;
    socket.on("end", () => socket.end());
    socket.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      if (tunnel || !text.startsWith("GET ")) socket.write(chunk);
      else if (text.startsWith("GET /ws")) {
        tunnel = true;
        socket.write(SWITCH);
      } else if (text.startsWith("GET /hold")) held.push(() => socket.write(ANSWER));
      else {
        if (text.startsWith("GET /release")) for (const release of held.splice(0)) release();
        socket.write(ANSWER);
      }
    });
  };
}

/** Connections in every state. */
class Clients {
  readonly fresh: RawConnection;
  readonly used: RawConnection;
  readonly idle: RawConnection;
  readonly partial: RawConnection;
  readonly held: RawConnection;
  readonly cut: RawConnection;
  readonly tunnel: RawConnection;
  readonly h2: RawHttp2Client;
  readonly h2Held: RawHttp2Client;
  readonly h2Tunnel: RawHttp2Client;

  private constructor(h1: readonly RawConnection[], h2: readonly RawHttp2Client[]) {
    const take = <T>(list: readonly T[], at: number): T => {
      const one = list[at];
      if (one === undefined) throw new Error("too few connections");
      return one;
    };
    this.fresh = take(h1, 0);
    this.used = take(h1, 1);
    this.idle = take(h1, 2);
    this.partial = take(h1, 3);
    this.held = take(h1, 4);
    this.cut = take(h1, 5);
    this.tunnel = take(h1, 6);
    this.h2 = take(h2, 0);
    this.h2Held = take(h2, 1);
    this.h2Tunnel = take(h2, 2);
  }

  static async open(port: number, localAddress: string): Promise<Clients> {
    const h1 = await Promise.all(Array.from({ length: 7 }, () => connectRaw(port, { localAddress })));
    const h2 = await Promise.all(
      Array.from({ length: 3 }, () => RawHttp2Client.connect(port, { localAddress })),
    );
    const all = new Clients(h1, h2);
    for (const each of [all.used, all.idle]) {
      each.write(get("/now"));
      await each.response();
    }
    all.partial.write(get("/now").slice(0, -4));
    all.held.write(get("/hold"));
    all.tunnel.write(UPGRADE);
    await all.tunnel.response();
    all.h2.request(1, "/now");
    await all.h2.outcome(1);
    all.h2Held.request(1, "/hold");
    const connect = { ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":path": "/ws" };
    all.h2Tunnel.headers(1, [...Object.entries(connect), [":authority", "a"]], 4);
    await waitFor("the tunnel", () => all.h2Tunnel.streams.get(1)?.status === 200);
    return all;
  }

  /** Asks on connections; what their answers say of the connection. */
  async ask(): Promise<unknown> {
    this.partial.write("\r\n\r\n");
    for (const each of [this.fresh, this.used]) each.write(get("/now"));
    this.h2.request(3, "/now");
    await this.h2.outcome(3);
    this.tunnel.write("ping");
    return {
      fresh: closing(await this.fresh.response()),
      used: closing(await this.used.response()),
      partial: closing(await this.partial.response()),
      tunnel: (await this.tunnel.reader.exactly(4)).toString(),
      h2: goAways(this.h2),
      idle: isOpen(this.idle),
      h2Held: goAways(this.h2Held),
    };
  }

  /** Behind the answers to what was held. */
  async heldAnswers(): Promise<unknown> {
    return [closing(await this.held.response()), await this.h2Held.outcome(1)];
  }

  open(): unknown {
    return Object.fromEntries(
      Object.entries(this).map(([name, each]: [string, RawConnection | RawHttp2Client]) => [
        name,
        each instanceof RawHttp2Client ? [goAways(each), each.streams.get(1)?.reset ?? null] : isOpen(each),
      ]),
    );
  }

  destroy(): void {
    for (const each of Object.values(this)) (each as RawConnection | RawHttp2Client).destroy();
  }
}

const isOpen = ({ socket }: { readonly socket: Socket }): boolean =>
  !socket.readableEnded && !socket.destroyed;
const closing = (response: { header(name: string): string | undefined }): string =>
  response.header("connection") ?? "stays";
const goAways = ({ goAways: count, goAway, closed }: RawHttp2Client): unknown => [
  count,
  goAway?.lastStreamId ?? null,
  closed,
];

/** Lines in order of their text: what ends at once is logged in any order. */
async function logged(proxy: RunningProxy, lines: number): Promise<readonly string[]> {
  let seen: string[] = [];
  await waitFor("the log", () => {
    seen = linesOf(proxy, "access.log");
    return seen.length >= lines;
  });
  return seen.sort();
}

const LISTENERS = [
  ...["added", "modified", "removed", "in_place_updated", "stopped"].map((name) => `listener_${name}`),
  ...["listeners_active", "listeners_draining", "filter_chains_draining"].map((name) => `total_${name}`),
].map((name) => `listener_manager.${name}`);
const httpStats = (...prefixes: string[]): string[] =>
  prefixes.flatMap((prefix) =>
    ["cx_drain_close", "cx_destroy_local", "cx_destroy_local_active_rq", "rq_rx_reset", "rq_tx_reset"].map(
      (name) => `http.${prefix}.downstream_${name}`,
    ),
  );

/** Where and how to ask for connections, and whether that answers. */
async function reach(port: number, localAddress: string): Promise<string> {
  try {
    const client = await connectRaw(port, { localAddress });
    client.write(get("/now"));
    const how = closing(await client.response());
    client.destroy();
    return how;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "ended";
  }
}

async function release(port: number): Promise<void> {
  const side = await connectRaw(port, { localAddress: B });
  side.write(get("/release"));
  await side.response();
  side.destroy();
}

/** Two listeners of which the first is for requests that come in. */
const TWO = lds(
  "1",
  listener("main", [chain(A, hcm("a", "0.3s"))], ", traffic_direction: INBOUND"),
  listener("other", [chain(B, hcm("b", "0.3s"))]),
);

function drainListeners(query: string): ConformanceCase {
  return {
    title: `/drain_listeners${query} tells connections to end, and stops listening or not`,
    args: IMMEDIATE,
    yaml,
    files: { "lds.yaml": TWO },
    tcp: holding(),
    observe: async ({ proxy, port }) => {
      const ports = [
        [port, A],
        [await proxy.listenerPort("other"), B],
      ] as const;
      const open = () => Promise.all(ports.map(([to, localAddress]) => connectRaw(to, { localAddress })));
      const [used, idle] = [await open(), await open()];
      for (const each of [...used, ...idle]) {
        each.write(get("/now"));
        await each.response();
      }
      await proxy.admin(`/drain_listeners${query}`, "POST");
      const answers: string[] = [];
      for (const each of used) {
        each.write(get("/now"));
        answers.push(closing(await each.response()));
      }
      const look = async () => ({
        fresh: [await reach(...ports[0]), await reach(...ports[1])],
        stats: [...(await proxy.stats("listener_manager.total"))],
        listeners: (await proxy.admin("/listeners")).replaceAll(/:\d+/g, ""),
        ready: await proxy.admin("/ready"),
      });
      const during = await look();
      await wait(1_150);
      const behind = { ...(await look()), idle: idle.map(isOpen) };
      for (const each of [...used, ...idle]) each.destroy();
      return { answers, during, behind };
    },
    stats: [...LISTENERS, "http.a.downstream_cx_drain_close", "http.b.downstream_cx_drain_close"],
  };
}

export const LISTENER_DRAIN_CASES: readonly ConformanceCase[] = [
  {
    title: "a filter chain that changes lets go of its connections, another one of the listener does not",
    args: IMMEDIATE,
    yaml,
    files: {
      "lds.yaml": lds(
        "1",
        listener("main", [chain(A, hcm("a", "0.5s")), chain(B, hcm("b", "0.5s")), chain(C, tcp("c"))]),
      ),
    },
    tcp: holding(),
    observe: async ({ proxy, port }) => {
      const [a, b] = [await Clients.open(port, A), await Clients.open(port, B)];
      const session = await connectRaw(port, { localAddress: C });
      session.write("session");
      await session.reader.exactly(7);
      const next = [chain(A, hcm("a2", "0.5s")), chain(B, hcm("b", "0.5s")), chain(C, tcp("c2"))];
      await replaceFile(proxy, "lds.yaml", lds("2", listener("main", next)));
      await untilStat(proxy, "listener_manager.listener_in_place_updated", 1);
      const asked = { a: await a.ask(), b: await b.ask(), fresh: await reach(port, A) };
      a.cut.write(get("/hold/on"));
      await untilStat(proxy, "listener_manager.total_filter_chains_draining", 0);
      await waitFor("the ends", () => !isOpen(a.tunnel) && !isOpen(session) && a.h2Tunnel.closed);
      await release(port);
      const answers = [await b.heldAnswers(), a.open(), b.open(), session.socket.readableEnded];
      for (const each of [a, b, session]) each.destroy();
      return { asked, answers, log: await logged(proxy, 26) };
    },
    stats: [...LISTENERS, ...httpStats("a2", "b")],
  },
  {
    title: "a listener that is removed takes no more connections and ends those it has in the drain time",
    args: IMMEDIATE,
    yaml,
    files: {
      "lds.yaml": lds(
        "1",
        listener("main", [chain(A, hcm("a", "0.5s")), chain(C, tcp("c"))]),
        listener("other", [chain(B, hcm("b", "0.5s"))]),
      ),
    },
    tcp: holding(),
    observe: async ({ proxy, port }) => {
      const other = await proxy.listenerPort("other");
      const a = await Clients.open(port, A);
      const session = await connectRaw(port, { localAddress: C });
      session.write("session");
      await session.reader.exactly(7);
      await replaceFile(proxy, "lds.yaml", lds("2", listener("other", [chain(B, hcm("b", "0.5s"))])));
      await untilStat(proxy, "listener_manager.listener_removed", 1);
      const asked = [await a.ask(), await reach(port, A)];
      await release(other);
      const answers = await a.heldAnswers();
      a.cut.write(get("/hold/on"));
      await untilStat(proxy, "listener_manager.total_listeners_draining", 0);
      await waitFor("the ends", () => !isOpen(a.tunnel) && !isOpen(session) && a.h2Tunnel.closed);
      const open = [a.open(), session.socket.readableEnded];
      for (const each of [a, session]) each.destroy();
      return { asked, answers, open, log: await logged(proxy, 13) };
    },
    stats: [...LISTENERS, ...httpStats("b")],
  },
  {
    title: "the gradual strategy asks nobody to end when it begins, whatever of the listener changes",
    yaml,
    files: {
      "lds.yaml": lds("1", listener("main", [chain(A, hcm("a", "0.1s")), chain(B, hcm("b", "0.1s"))])),
    },
    tcp: holding(),
    observe: async ({ proxy, port }) => {
      const a = await Clients.open(port, A);
      const chains = [chain(A, hcm("a", "0.2s")), chain(B, hcm("b", "0.1s"))];
      await replaceFile(proxy, "lds.yaml", lds("2", listener("main", chains)));
      await untilStat(proxy, "listener_manager.listener_in_place_updated", 1);
      const inPlace = await a.ask();
      const b = await Clients.open(port, B);
      await replaceFile(proxy, "lds.yaml", lds("3", listener("main", chains, ", stat_prefix: other")));
      await untilStat(proxy, "listener_manager.listener_create_success", 3);
      const whole = await b.ask();
      await wait(200);
      const open = [a.open(), b.open()];
      for (const each of [a, b]) each.destroy();
      return { inPlace, whole, open };
    },
    stats: [...LISTENERS.slice(0, 5), ...httpStats("a", "b")],
  },
  {
    title:
      "connections of a draining listener end by themselves in the last third of the drain time, and tunnels with them",
    args: IMMEDIATE,
    yaml,
    files: { "lds.yaml": lds("1", listener("main", [chain(A, hcm("a", "0.3s")), chain(C, tcp("c"))])) },
    tcp: holding(),
    observe: async ({ proxy, port }) => {
      const a = await Clients.open(port, A);
      const session = await connectRaw(port, { localAddress: C });
      await proxy.admin("/drain_listeners?skip_exit", "POST");
      await wait(400);
      const before = a.open();
      await waitFor(
        "the ends",
        () =>
          [a.fresh, a.used, a.idle, a.cut, a.tunnel].every((each) => !isOpen(each)) &&
          a.h2.closed &&
          a.h2Tunnel.closed,
      );
      const behind = [a.open(), isOpen(session)];
      for (const each of [a, session]) each.destroy();
      return { before, behind, log: await logged(proxy, 9) };
    },
    stats: [...LISTENERS, ...httpStats("a")],
  },
  ...["", "?graceful", "?graceful&inboundonly"].map(drainListeners),
  {
    title:
      "while health checks fail by hand connections end with their responses, but for drain_type MODIFY_ONLY",
    yaml,
    files: {
      "lds.yaml": lds(
        "1",
        listener("main", [chain(A, hcm("a", "0.1s")), chain(C, tcp("c", ", check_drain_close: true"))]),
        listener(
          "other",
          [chain(B, hcm("b", "0.1s")), chain(C, tcp("d", ", check_drain_close: true"))],
          ", drain_type: MODIFY_ONLY",
        ),
      ),
    },
    tcp: holding(),
    observe: async ({ proxy, port }) => {
      const other = await proxy.listenerPort("other");
      const [a, b] = [await Clients.open(port, A), await Clients.open(other, B)];
      await proxy.admin("/healthcheck/fail", "POST");
      const seen: unknown[] = [await a.ask(), await b.ask(), await reach(port, A), await reach(other, B)];
      for (const to of [port, other]) {
        const session = await connectRaw(to, { localAddress: C });
        session.write("session");
        const echo = session.reader.exactly(7).then(String, () => "ended");
        seen.push([await echo, isOpen(session)]);
        session.destroy();
      }
      await proxy.admin("/healthcheck/ok", "POST");
      seen.push(await reach(port, A));
      await wait(200);
      seen.push(a.open(), b.open());
      for (const each of [a, b]) each.destroy();
      return seen;
    },
    stats: [
      "http.a.downstream_cx_drain_close",
      "http.b.downstream_cx_drain_close",
      "tcp.c.downstream_cx_drain_close",
      "tcp.d.downstream_cx_drain_close",
    ],
  },
];
