import { setTimeout as wait } from "node:timers/promises";
import { connectRaw, RawHttp2Client, waitFor } from "@sluice/harness";
import { staticCluster } from "../bootstrap.ts";
import { bothProtocolsPeer } from "../both-protocols-peer.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { logLines } from "../log-lines.ts";
import { listenersBootstrap } from "../many-listeners.ts";

const upstreamSaw: string[] = [];

const LOG = `access_log:
- name: file
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
    path: "{{dir}}/access.log"
    log_format: { text_format_source: { inline_string: "%PROTOCOL% %REQ(:path)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% %UPSTREAM_TRANSPORT_FAILURE_REASON% %UPSTREAM_DETECTED_CLOSE_TYPE% %UPSTREAM_LOCAL_CLOSE_REASON%\\n" } }
`;
const OPTIONS = `typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
`;
const VERSION = {
  u1: "    explicit_http_config: { http_protocol_options: { enable_trailers: true } }",
  u2: "    explicit_http_config: { http2_protocol_options: {} }",
};
const LIMITS: Readonly<Record<string, string>> = {
  none: "",
  idle: "idle_timeout: 0.5s",
  timeout: "timeout: 0.5s",
  try: "retry_policy: { retry_on: reset, num_retries: 0, per_try_timeout: 0.5s }",
  tryidle: "retry_policy: { retry_on: reset, num_retries: 0, per_try_idle_timeout: 0.5s }",
  max: "max_stream_duration: { max_stream_duration: 0.5s }",
};
const CLUSTERS = ["u1", "u2"] as const;
const routes = [...CLUSTERS, "m1", "m2"]
  .flatMap((cluster) =>
    Object.entries(LIMITS).map(
      ([name, limit]) =>
        `- { match: { prefix: "/${cluster}/${name}/" }, route: { cluster: ${cluster}${limit === "" ? "" : `, ${limit}`} } }`,
    ),
  )
  .join("\n");
const clusters = CLUSTERS.map(
  (name) =>
    staticCluster(name, ["{{tcp}}"], OPTIONS + VERSION[name]) +
    staticCluster(
      name.replace("u", "m"),
      ["{{tcp}}"],
      `${OPTIONS}    common_http_protocol_options: { max_stream_duration: 0.5s }\n${VERSION[name]}`,
    ),
).join("");

interface Plan {
  readonly path: string;
  /** The request's body: how much of ten octets is sent; undefined: none and no body. */
  readonly sends?: number;
  /** Sends the rest once the answer has begun. */
  readonly rest?: boolean;
  /** Leaves when the answer has begun, or, with a path of its own, when the request has arrived. */
  readonly leaves?: "fin" | "reset";
  /** Nothing ends it. */
  readonly stays?: boolean;
}

const arrived = new Set<string>();

/** Whether an HTTP/1 response is whole, and the connection stays. */
function isWhole(received: string): boolean {
  const at = received.indexOf("\r\n\r\n");
  const head = received.slice(0, at);
  if (at < 0 || /connection: close/.test(head)) return false;
  const length = /content-length: (\d+)/.exec(head)?.[1];
  return length === undefined ? received.endsWith("0\r\n\r\n") : received.length - at - 4 >= Number(length);
}

/** Whatever the proxy does about it has been done. */
const BEHIND_LIMITS_MS = 700;

async function asHttp1(port: number, { path: pattern, sends, rest, leaves, stays }: Plan): Promise<string> {
  const path = pattern.replace("*", "h1");
  const client = await connectRaw(port);
  let received = "";
  let ended = "";
  client.socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  client.socket.on("end", () => {
    ended ||= "fin";
  });
  client.socket.on("error", () => {
    ended ||= "reset";
  });
  const begun = (): boolean => received.includes("01234") || (path.endsWith("wait") && arrived.has(path));
  const length = sends === undefined ? "" : "content-length: 10\r\n";
  const method = sends === undefined ? "GET" : "POST";
  client.write(`${method} ${path} HTTP/1.1\r\nhost: a\r\n${length}\r\n${"x".repeat(sends ?? 0)}`);
  if (stays === true) await waitFor("its beginning", begun).then(() => wait(BEHIND_LIMITS_MS));
  else if (leaves !== undefined) {
    await waitFor("its beginning", begun);
    if (leaves === "fin") client.end();
    else client.reset();
    return "left";
  } else if (rest === true) {
    await waitFor("the answer", () => received.includes("0123456789"));
    client.write("x".repeat(10 - (sends ?? 0)));
  } else await waitFor("its end", () => ended !== "" || isWhole(received));
  client.destroy();
  const [head = "", ...body] = received.split("\r\n\r\n");
  const connection = /connection: \S+/.exec(head)?.[0] ?? "";
  const how = rest === true ? "sent on" : ended || "open";
  return `${head.split(" ")[1] ?? "-"} ${connection} ${JSON.stringify(body.join("\r\n\r\n"))} ${how}`;
}

async function asHttp2(port: number, { path: pattern, sends, rest, leaves, stays }: Plan): Promise<string> {
  const path = pattern.replace("*", "h2");
  const client = await RawHttp2Client.connect(port);
  const method = sends === undefined ? "GET" : "POST";
  client.request(1, path, sends === undefined ? [] : [["content-length", "10"]], {
    method,
    endStream: sends === undefined,
  });
  if (sends !== undefined && sends > 0) client.data(1, "x".repeat(sends), sends === 10);
  const begun = (): boolean =>
    (client.streams.get(1)?.body ?? "").includes("01234") || (path.endsWith("wait") && arrived.has(path));
  if (stays === true) await waitFor("its beginning", begun).then(() => wait(BEHIND_LIMITS_MS));
  else if (leaves !== undefined) {
    await waitFor("its beginning", begun);
    if (leaves === "reset") client.reset(1, 8);
    else client.socket.end();
    await wait(50);
    client.destroy();
    return "left";
  } else {
    await waitFor("its end", () => client.isOver(1));
    if (rest === true) client.data(1, "x".repeat(10 - (sends ?? 0)), true);
    // A RST_STREAM follows an answer ahead of the request's end.
    if (sends !== undefined && sends < 10)
      await waitFor("its reset", () => client.streams.get(1)?.reset !== undefined);
  }
  const { status, body, ended, reset } = client.streams.get(1) ?? NOTHING;
  const { goAways, closed } = client;
  client.destroy();
  return `${status} ${JSON.stringify(body)} ${ended ? "ended" : ""} reset=${String(reset)} goaways=${goAways} ${closed ? "closed" : "open"}`;
}

const NOTHING = { status: 0, body: "", ended: false, reset: undefined };

const UP = ["u1", "u2"];
const each = (plan: (up: string) => readonly Plan[]): readonly Plan[] => UP.flatMap(plan);

/** Both protocols on either side. */
function midBody(
  title: string,
  plans: readonly Plan[],
  hcm = "",
  more: readonly string[] = [],
): ConformanceCase {
  return {
    title,
    yaml: listenersBootstrap(
      { main: { hcm: `${LOG}delayed_close_timeout: 0.05s\n${hcm}`, routes } },
      "",
      clusters,
    ),
    tcp: bothProtocolsPeer((what) => upstreamSaw.push(what), arrived),
    ignoreUpstream: true,
    observe: async ({ proxy, port }) => {
      // Limits are for warm proxies.
      for (const up of UP) {
        await asHttp1(port, { path: `/${up}/none/*/late` });
        await asHttp2(port, { path: `/${up}/none/*/late` });
      }
      upstreamSaw.length = 0;
      arrived.clear();
      const all = await Promise.all(
        plans.flatMap((plan) => [
          asHttp1(port, plan).then((how) => [`${name(plan)} h1`, how]),
          asHttp2(port, plan).then((how) => [`${name(plan)} h2`, how]),
        ]),
      );
      await waitFor("the upstream's view", () => upstreamSaw.length >= plans.length * 2);
      return {
        clients: Object.fromEntries(all),
        upstream: upstreamSaw.splice(0).sort(),
        log: (await logLines(proxy, "access.log", plans.length * 2 + 4)).sort(),
      };
    },
    stats: [...STATS, ...more],
  };
}

const name = ({ path, sends, rest, leaves }: Plan): string =>
  `${path} ${sends ?? ""}${rest === true ? "+rest" : ""} ${leaves ?? ""}`;

const STATS = [
  ...["u1", "u2", "m1", "m2"].flatMap((cluster) =>
    [
      "upstream_rq_rx_reset",
      "upstream_rq_tx_reset",
      "upstream_rq_timeout",
      "upstream_rq_per_try_timeout",
      "upstream_rq_per_try_idle_timeout",
      "upstream_rq_max_duration_reached",
      "upstream_rq_2xx",
      "upstream_rq_504",
      "upstream_rq_completed",
      "upstream_cx_destroy_local_with_active_rq",
      "upstream_cx_destroy_remote_with_active_rq",
      "upstream_cx_protocol_error",
      "upstream_rq_active",
    ].map((stat) => `cluster.${cluster}.${stat}`),
  ),
  ...[
    "downstream_rq_idle_timeout",
    "downstream_rq_timeout",
    "downstream_rq_max_duration_reached",
    "downstream_rq_rx_reset",
    "downstream_rq_tx_reset",
    "downstream_rq_2xx",
    "downstream_rq_4xx",
    "downstream_rq_5xx",
    "downstream_rq_response_before_rq_complete",
    "downstream_cx_destroy_local_active_rq",
    "downstream_cx_destroy_remote_active_rq",
  ].map((stat) => `http.main.${stat}`),
];

const limits = Object.keys(LIMITS).slice(1);
/** Limits that run from the request's end on. */
const AFTER_REQUEST: ReadonlySet<string> = new Set(["timeout", "try", "tryidle"]);

export const MID_BODY_CASES: readonly ConformanceCase[] = [
  midBody("what ends a response that stalls in its midst, by either protocol on either side", [
    ...each((up) => limits.map((limit) => ({ path: `/${up}/${limit}/*/stall`, stays: limit === "try" }))),
    ...["m1", "m2"].map((up) => ({ path: `/${up}/none/*/stall` })),
  ]),
  midBody("what ends a request that stalls in its midst, by either protocol on either side", [
    ...each((up) =>
      limits.map((limit) => ({ path: `/${up}/${limit}/*/wait`, sends: 5, stays: AFTER_REQUEST.has(limit) })),
    ),
    ...["m1", "m2"].map((up) => ({ path: `/${up}/none/*/wait`, sends: 5 })),
  ]),
  midBody("what ends an exchange both of whose messages stall, by either protocol on either side", [
    ...each((up) =>
      limits.map((limit) => ({
        path: `/${up}/${limit}/*/early-stall`,
        sends: 5,
        stays: AFTER_REQUEST.has(limit),
      })),
    ),
    ...["m1", "m2"].map((up) => ({ path: `/${up}/none/*/early-stall`, sends: 5 })),
  ]),
  midBody(
    "request_timeout ends with a response, even where the request has not",
    each((up) => [
      { path: `/${up}/none/*/wait`, sends: 5 },
      { path: `/${up}/none/*/early-stall`, sends: 5, stays: true },
    ]),
    "request_timeout: 0.5s",
  ),
  midBody(
    "max_stream_duration of the connection manager in the midst of messages",
    each((up) => [
      { path: `/${up}/none/*/stall` },
      { path: `/${up}/none/*/wait`, sends: 5 },
      { path: `/${up}/none/*/wait` },
    ]),
    "common_http_protocol_options: { max_stream_duration: 0.5s }",
  ),
  midBody(
    "who sees what of messages that break off, and of answers ahead of the request's end",
    each((up) => [
      { path: `/${up}/none/*/cut` },
      { path: `/${up}/none/*/fin` },
      { path: `/${up}/none/*/stall`, leaves: "fin" },
      { path: `/${up}/none/*/stall`, leaves: "reset" },
      { path: `/${up}/none/*/fin/wait`, sends: 5, leaves: "fin" },
      { path: `/${up}/none/*/reset/wait`, sends: 5, leaves: "reset" },
      { path: `/${up}/none/*/early-stall`, sends: 5, leaves: "reset" },
      { path: `/${up}/none/*/early-stall`, sends: 5, leaves: "fin" },
      { path: `/${up}/none/*/early`, sends: 5 },
      { path: `/${up}/none/*/early`, sends: 5, rest: true },
      { path: `/${up}/none/*/early-close`, sends: 5 },
      { path: `/${up}/none/*/early-close`, sends: 5, rest: true },
      { path: `/${up}/none/*/late`, sends: 10 },
      { path: `/${up}/none/*/trailers`, sends: 10 },
    ]),
  ),
];
