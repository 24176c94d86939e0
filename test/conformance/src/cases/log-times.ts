import { connect, createServer } from "node:tls";
import { TestCertificates } from "@sluice/harness";
import { fileLog, indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { downstreamTls, tlsCertificate } from "../downstream-tls.ts";
import { logLines } from "../log-lines.ts";
import { session } from "../tcp-session.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("ca", { ca: true });
const good = certificates.create("good", { issuer: ca, names: "DNS:good.test" });

/** Answers any request, and any session. */
const server = createServer({ cert: good.certificate, key: good.key }, (socket) => {
  socket.on("error", () => {});
  socket.once("data", (chunk: Buffer) => {
    const isHttp = chunk.toString("latin1").startsWith("GET");
    socket.end(isHttp ? "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhttp" : "tcp");
  });
});
server.on("tlsClientError", () => {});

const POINTS = [
  ...["DS_CX_BEG", "DS_CX_END", "DS_HS_BEG", "DS_HS_END", "DS_RX_BEG", "DS_RX_END", "DS_TX_BEG", "DS_TX_END"],
  ...[
    "US_CX_BEG",
    "US_CX_END",
    "US_HS_END",
    "US_TX_BEG",
    "US_TX_END",
    "US_RX_BEG",
    "US_RX_BODY_BEG",
    "US_RX_END",
  ],
  "custom",
  "constructor",
];

/** Each point as seen from some others: what is no time is `-`. */
const SEEN = [
  ...["DS_CX_BEG", "DS_RX_BEG"].map(
    (from) => `${from}>${POINTS.map((to) => `%COMMON_DURATION(${from}:${to}:ns)%`).join(",")}`,
  ),
  ...["US_TX_END", "DS_CX_END"].map(
    (to) => `>${to} ${POINTS.map((from) => `%COMMON_DURATION(${from}:${to}:us)%`).join(",")}`,
  ),
  "hs=%DOWNSTREAM_HANDSHAKE_DURATION% name=%UPSTREAM_SERVER_NAME% resolutions=%ROUTE_RESOLUTION_COUNT% us=%ROUTE_RESOLUTION_TIME_US%",
].join(" ");

const log = (name: string, field = "access_log"): string =>
  `${field}: ${fileLog(`${name} ${SEEN}`, "times.log")}`;

const OF_CLIENTS = downstreamTls(`common_tls_context: { tls_certificates: [${tlsCertificate(good)}] }`);

const upstreamTls = (sni: string): string => `transport_socket:
  name: tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    sni: "${sni}"`;

function listener(name: string, filter: string, more = ""): string {
  return `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  ${log(`${name} listener`)}
  filter_chains:
    - filters:
${indent(filter, 8)}
${indent(more, 6)}
`;
}

const http = (name: string): string => `- name: hcm
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
    stat_prefix: ${name}
    ${log(`${name} %REQ(:path)%`)}
    route_config:
      virtual_hosts:
        - name: all
          domains: ["*"]
          request_headers_to_add: [{ header: { key: x-count, value: "%ROUTE_RESOLUTION_COUNT%" } }]
          response_headers_to_add: [{ header: { key: x-name, value: "%UPSTREAM_SERVER_NAME%" } }]
          routes:
            - { match: { path: /tls }, route: { cluster: tls } }
            - { match: { path: /nameless }, route: { cluster: nameless } }
            - { match: { path: /dead }, route: { cluster: dead } }
            - { match: { path: /direct }, direct_response: { status: 204 } }
            - { match: { path: /one }, route: { cluster: one } }
    http_filters:
      - name: envoy.filters.http.router
        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, ${log(`${name} try`, "upstream_log")} }`;

const tcp = (name: string, cluster: string): string => `- name: tcp
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
    stat_prefix: ${name}
    cluster: ${cluster}
    ${log(name)}`;

/** Lines of the log, sorted; a time that is there is `n`, one that is below 0 is marked. */
async function timeLines({ proxy }: Target, count: number): Promise<readonly string[]> {
  const lines = await logLines(proxy, "times.log", count);
  return lines.map((line) =>
    line.replaceAll(/-[0-9]+(?=,| |$)/g, "below").replaceAll(/(?<=[ ,>]|us=|hs=)[0-9]+(?=,| |$)/g, "n"),
  );
}

/** What a TLS client gets back for what it sends. */
function tlsSession(port: number, send: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(
      { port, host: "127.0.0.1", servername: "good.test", rejectUnauthorized: false },
      () => socket.write(send),
    );
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(received.split("\r\n\r\n").at(-1) ?? ""));
  });
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`;

export const LOG_TIME_CASES: readonly ConformanceCase[] = [
  {
    title:
      "when connections and handshakes began and ended, as requests, tries, sessions and listeners see it",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(
  listener("main", http("main")) +
    listener("secure", http("secure"), OF_CLIENTS) +
    listener("raw", tcp("raw", "plain")) +
    listener("sealed", tcp("sealed", "tls"), OF_CLIENTS) +
    listener("refused", tcp("refused", "dead")),
  4,
)}
  clusters:
${indent(
  staticCluster("one", ["{{upstream}}"]) +
    staticCluster("plain", ["{{upstream}}"]) +
    staticCluster("dead", ["{{dead}}"]) +
    staticCluster("tls", ["{{tcp}}"], upstreamTls("good.test")) +
    staticCluster("nameless", ["{{tcp}}"], upstreamTls("")),
  4,
)}
`,
    tcp: (socket) => server.emit("connection", socket),
    requests: ["/one", "/tls", "/nameless", "/dead", "/direct", "/nowhere"].map((path) => ({
      path,
      headers: [["connection", "close"]],
    })),
    observe: async (target) => {
      const secure = await target.proxy.listenerPort("secure");
      const seen: unknown[] = [];
      for (const path of ["/one", "/tls", "/direct"]) seen.push(await tlsSession(secure, get(path)));
      seen.push(await session(await target.proxy.listenerPort("raw"), { send: get("/raw") }));
      seen.push(await tlsSession(await target.proxy.listenerPort("sealed"), "hello"));
      seen.push(await session(await target.proxy.listenerPort("refused"), {}));
      return [seen, await timeLines(target, 30)];
    },
  },
];
