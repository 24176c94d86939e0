import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectRaw, type RawConnection, waitFor } from "@sluice/harness";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { pressPoint, shedding } from "../overload-pressure.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";
import { type SeenSession, session } from "../tcp-session.ts";

/** TCP proxies that connect at once, with early data, to no cluster, and through a tunnel. */
const LISTENERS = [
  { name: "main" },
  { name: "early", fields: "max_early_data_bytes: 100\nupstream_connect_mode: ON_DOWNSTREAM_DATA" },
  { name: "none", fields: "cluster: nowhere" },
  { name: "tunnel", fields: "tunneling_config: { hostname: a.test }" },
];
const LOG =
  "%RESPONSE_FLAGS% %BYTES_RECEIVED% %CONNECTION_TERMINATION_DETAILS% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_CLUSTER%";

const ON_DATA = "tcp_proxy_on_data";

/** What becomes of a connection that is there already when more is sent on it. */
async function more(connection: RawConnection): Promise<string> {
  connection.write("more");
  const closed = connection.closed().then(
    () => "closed",
    () => "reset",
  );
  const echoed = waitFor("the echo", () => connection.socket.bytesRead >= "more".length).then(() => "echoed");
  return Promise.race([closed, echoed.catch(() => "nothing")]);
}

async function underPressure(target: Target, point: string, names: readonly string[]): Promise<unknown> {
  const before = await connectRaw(target.port);
  try {
    await waitFor(
      "the upstream",
      async () => (await target.proxy.stats()).get("cluster.one.upstream_cx_active") === 1,
    );
    await pressPoint(target, "0.9", point);
    const kept = await more(before);
    const seen: Record<string, SeenSession> = {};
    const log = join(target.proxy.dir, "access.log");
    for (const [at, name] of names.entries()) {
      seen[name] = await session(await target.proxy.listenerPort(name), {
        // What comes behind the end would make it a reset, at times.
        ...(point === ON_DATA || name === "early" ? { send: "abc" } : {}),
        waitMs: 500,
      });
      // The proxy may hear later of its client's end than of the next client.
      await waitFor("its log line", () => readFileSync(log, "utf8").split("\n").length > at + 1);
    }
    before.destroy();
    await waitFor(
      "its end",
      async () => (await target.proxy.stats()).get("cluster.one.upstream_cx_active") === 0,
    );
    await pressPoint(target, "0.1", point);
    return { kept, seen, after: await session(target.port, { send: "abc", until: "abc" }) };
  } finally {
    before.destroy();
  }
}

/** `names`: of listeners that feel it. */
const shedTcp = (point: string, names: readonly string[]): ConformanceCase => ({
  title: `TCP sessions end under pressure, by ${point}`,
  files: { pressure: "0.1" },
  tcp: (socket) => void socket.pipe(socket),
  yaml: `${tcpBootstrap(LISTENERS, LOG)}\n${shedding(point)}\n`,
  observe: (target) => underPressure(target, point, names),
  accessLog: { file: "access.log", lines: 2 + names.length },
  stats: [
    `overload.envoy.load_shed_points.${point}.shed_load_count`,
    ...names.flatMap((name) =>
      ["overload_close", "total", "rx_bytes_total", "no_route"].map(
        (stat) => `tcp.${name}.downstream_cx_${stat}`,
      ),
    ),
    "tcp.early.early_data_received_count_total",
    "tcp.main.route_delayed_total",
    "cluster.one.upstream_cx_total",
    "cluster.one.upstream_cx_destroy_local",
    "cluster.one.upstream_cx_destroy_local_with_active_rq",
  ],
});

export const OVERLOAD_TCP_CASES: readonly ConformanceCase[] = [
  shedTcp(ON_DATA, ["main", "early"]),
  shedTcp("tcp_proxy_upstream_connect", ["main", "early", "none", "tunnel"]),
];
