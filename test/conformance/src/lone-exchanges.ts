import { connect } from "node:net";
import { fileLog } from "./bootstrap.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { logLines } from "./log-lines.ts";
import { type ListenerParts, listenersBootstrap } from "./many-listeners.ts";

/** One connection to a listener of its own, so that the listener's stats are the connection's. */
export interface Exchange extends ListenerParts, Sent {}

export interface Sent {
  readonly send: string;
  /** Sent when the final response has begun. */
  readonly rest?: string;
}

const LOG = `access_log: ${fileLog("%REQ(x-reply)% %PROTOCOL% %REQ(:method)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT%")}
delayed_close_timeout: 0.2s
`;
const STATS = [
  ...["total", "completed", "rx_reset", "tx_reset", "response_before_rq_complete", "too_large", "active"].map(
    (stat) => `rq_${stat}`,
  ),
  ...["2xx", "3xx", "4xx", "5xx"].map((stat) => `rq_${stat}`),
  ...[
    "delayed_close_timeout",
    "destroy",
    "destroy_active_rq",
    "destroy_local",
    "destroy_local_active_rq",
    "destroy_remote",
    "destroy_remote_active_rq",
    "protocol_error",
    "drain_close",
    "upgrades_total",
  ].map((stat) => `cx_${stat}`),
].map((stat) => `downstream_${stat}`);
/** Behind what any of the timeouts does. */
const WAIT_MS = 900;

/** Every exchange at once, each by its listener. */
export function exchangesCase(
  title: string,
  exchanges: Readonly<Record<string, Exchange>>,
  more: Partial<ConformanceCase> = {},
): ConformanceCase {
  const names = Object.keys(exchanges);
  const listeners = names.map((name, at): [string, ListenerParts] => {
    const { send: _, rest: __, hcm = "", ...parts } = exchanges[name] ?? never();
    return [at === 0 ? "main" : `l${at}`, { ...parts, hcm: `${LOG}${hcm}` }];
  });
  return {
    title,
    yaml: listenersBootstrap(Object.fromEntries(listeners)),
    ignoreUpstream: true,
    observe: async ({ proxy }) => {
      const seen = names.map(async (name, at): Promise<[string, unknown]> => {
        const port = await proxy.listenerPort(listeners[at]?.[0] ?? "");
        const { send, rest } = exchanges[name] ?? never();
        const { received, ended } = await exchange(port, send, rest);
        return [name, [masked(received), ended]];
      });
      const clients = Object.fromEntries(await Promise.all(seen));
      const log = await logLines(proxy, "access.log", names.length);
      // How much of a large body comes before an answer is chance.
      return { clients, log: log.map((line) => line.replace(/rx=\d{4,}/, "rx=<much>")).sort() };
    },
    stats: [
      ...listeners.flatMap(([name]) => STATS.map((stat) => `http.${name}.${stat}`)),
      ...[
        "upstream_rq_tx_reset",
        "upstream_rq_rx_reset",
        "upstream_rq_completed",
        "upstream_rq_2xx",
        "upstream_rq_200",
        "upstream_rq_total",
        "upstream_rq_active",
        "upstream_cx_destroy_local_with_active_rq",
      ].map((stat) => `cluster.one.${stat}`),
    ],
    ...more,
  };
}

/**
 * What came back, and whether the proxy ended the connection in the end: the client does not. Envoy leaves unread what still comes, so
 * that its end is a reset; Sluice reads on (RFC 9112, section 9.6) and ends by FIN.
 */
function exchange(port: number, send: string, rest = ""): Promise<{ received: string; ended: boolean }> {
  return new Promise((resolve) => {
    let received = "";
    let ended = false;
    let left = rest;
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    socket.on("connect", () => socket.write(send));
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (left === "" || !/^HTTP\/1\.\d [2-5]/m.test(received)) return;
      socket.write(left);
      left = "";
    });
    const end = (): void => {
      ended = true;
    };
    socket.on("end", end);
    socket.on("error", end);
    setTimeout(() => {
      socket.destroy();
      resolve({ received, ended });
    }, WAIT_MS);
  });
}

function never(): never {
  throw new Error("no such exchange");
}

/** Without what differs between runs; a head's fields in order of names. */
function masked(received: string): string {
  const [head = "", ...rest] = received.split("\r\n\r\n");
  const [start = "", ...fields] = head.split("\r\n");
  return [[start, ...fields.sort()].join("\r\n"), ...rest]
    .join("\r\n\r\n")
    .replaceAll(/^date: .*$/gm, "date: <date>")
    .replaceAll(/^(x-envoy-upstream-service-time): .*$/gm, "$1: <ms>");
}
