import { once } from "node:events";
import {
  createSecureServer,
  createServer,
  constants as h2,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { TestCertificates, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, httpOptions, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const certificates = TestCertificates.ofProcess();
const certificate = certificates.create("h2-upstream", { names: "DNS:h2.test" });

/** Answers tell what arrived, and how. */
async function answer(stream: ServerHttp2Stream, path: string, method: string): Promise<void> {
  let body = "";
  let trailers = "-";
  stream.on("error", () => {});
  stream.on("trailers", (fields) => {
    trailers = String(fields["x-end"]);
  });
  if (path.endsWith("/cancelled")) return stream.close(h2.NGHTTP2_CANCEL);
  if (path.endsWith("/refused")) return stream.close(h2.NGHTTP2_REFUSED_STREAM);
  if (path.endsWith("/broken")) {
    stream.respond({ ":status": 200 });
    stream.write("begun");
    await delay(20);
    stream.destroy(new Error("broken"));
    return;
  }
  stream.setEncoding("latin1");
  stream.on("data", (chunk: string) => {
    body += chunk;
  });
  if (!stream.readableEnded) await once(stream, "end");
  if (path.endsWith("/slow")) await delay(400);
  if (path.endsWith("/early")) stream.additionalHeaders({ ":status": 103, link: "</a>" });
  stream.respond({ ":status": 200, "x-method": method }, { waitForTrailers: path.endsWith("/trailers") });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1", "grpc-status": "0" }));
  stream.end(method === "HEAD" ? undefined : `h2 ${method} ${path} ${body} ${trailers}`);
  if (path.endsWith("/goodbye")) stream.session?.goaway();
}

function onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  void answer(stream, String(headers[":path"]), String(headers[":method"]));
}

const plain = createServer();
plain.on("stream", onStream);
plain.on("sessionError", () => {});
const secure = createSecureServer({
  cert: certificate.certificate,
  key: certificate.key,
  allowHTTP1: true,
  ALPNCallback: ({ servername, protocols }) =>
    servername.startsWith("h1") ? "http/1.1" : protocols.includes("h2") ? "h2" : "http/1.1",
});
secure.on("stream", onStream);
secure.on("sessionError", () => {});
secure.on("request", (request, response) => {
  if (request.httpVersion !== "2.0")
    response.end(`h1 ${request.method} ${request.url} ${serverNameOf(request.socket)}`);
});

function serverNameOf(socket: object): string {
  return "servername" in socket ? String(socket.servername) : "-";
}

/** One port for all: TLS by its first octet, HTTP/2 by its preface, else HTTP/1. */
function take(socket: Socket): void {
  socket.on("error", () => {});
  socket.once("data", (first: Buffer) => {
    socket.pause();
    socket.unshift(first);
    if (first[0] === 0x16) secure.emit("connection", socket);
    else if (first.toString("latin1").startsWith("PRI")) plain.emit("connection", socket);
    else socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nh1");
  });
}

function spokenTo(options: string, more = ""): string {
  return `${httpOptions(options)}\n${more}`;
}

const tls = (sni: string): string => `transport_socket:
  name: tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    sni: ${sni}`;

const HTTP2 = "explicit_http_config: { http2_protocol_options: {} }";
const AUTO = "auto_config: { http_protocol_options: {}, http2_protocol_options: {} }";

const CLUSTERS: Readonly<Record<string, string>> = {
  h2: spokenTo(HTTP2),
  single: spokenTo("explicit_http_config: { http2_protocol_options: { max_concurrent_streams: 1 } }"),
  twice: spokenTo(`${HTTP2}\ncommon_http_protocol_options: { max_requests_per_connection: 2 }`),
  auto: spokenTo(AUTO, tls("h2.test")),
  "auto-old": spokenTo(AUTO, tls("h1.test")),
  same: spokenTo("use_downstream_protocol_config: { http2_protocol_options: {} }"),
  old: "http2_protocol_options: {}",
  named: spokenTo(
    "explicit_http_config: { http_protocol_options: {} }\nupstream_http_protocol_options: { auto_sni: true, override_auto_sni_header: x-sni }",
    tls("fixed.test"),
  ),
};
const NAMES = Object.keys(CLUSTERS);

const REQUESTS: readonly CaseRequest[] = [
  { path: "/h2/get" },
  { path: "/h2/post", method: "POST", body: "abc" },
  { path: "/h2/head", method: "HEAD" },
  { path: "/h2/trailers", headers: [["te", "trailers"]] },
  { path: "/h2/early" },
  { path: "/h2/cancelled" },
  { path: "/h2/refused" },
  { path: "/h2/goodbye" },
  { path: "/h2/after" },
  { path: "/twice/1" },
  { path: "/twice/2" },
  { path: "/twice/3" },
  { path: "/auto/1" },
  { path: "/auto/2", method: "POST", body: "x" },
  { path: "/auto-old/1" },
  { path: "/auto-old/2" },
  { path: "/same" },
  { path: "/old" },
  { path: "/named/host" },
  { path: "/named/header", headers: [["x-sni", "over.test:80"]] },
  { path: "/named/address", headers: [["host", "127.0.0.1:80"]] },
];

export const HTTP2_UPSTREAM_CASES: readonly ConformanceCase[] = [
  {
    title: "upstreams speak HTTP/2 by configuration, by ALPN, or as the client does",
    tcp: take,
    yaml: httpBootstrap({
      hcm: `http_protocol_options: { enable_trailers: true }
access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%")}`,
      routes: NAMES.map(
        (name) => `- { match: { path_separated_prefix: "/${name}" }, route: { cluster: ${name} } }`,
      ).join("\n"),
      clusters: NAMES.map((name) => staticCluster(name, ["{{tcp}}"], CLUSTERS[name])).join(""),
    }),
    requests: REQUESTS,
    observe: async (target) => {
      const post = await target.connect();
      post.write(
        "POST /h2/trailers HTTP/1.1\r\nhost: example.test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-end: q\r\n\r\n",
      );
      const { text, trailers } = await post.response("POST");
      post.destroy();
      const broken = await target.connect();
      broken.write("GET /h2/broken HTTP/1.1\r\nhost: example.test\r\n\r\n");
      await broken.closed();
      const both = [];
      for (const path of ["/single/slow", "/h2/slow"])
        both.push(...(await Promise.all([target.send({ path }), target.send({ path })])));
      const bodies = both.map(({ body }) => body);
      await waitFor("the streams' end", async () => {
        const stats = await target.proxy.stats("upstream_rq_active");
        return stats.get("cluster.single.upstream_rq_active") === 0;
      });
      return { text, trailers, bodies };
    },
    accessLog: { file: "access.log", lines: REQUESTS.length + 6 },
    stats: [
      // Envoy counts a connection twice in upstream_cx_total where ALPN decides.
      ...["h2", "single", "twice", "same", "old"].map((name) => `cluster.${name}.upstream_cx_total`),
      ...NAMES.flatMap((name) =>
        ["upstream_cx_http1_total", "upstream_cx_http2_total", "upstream_rq_total"].map(
          (stat) => `cluster.${name}.${stat}`,
        ),
      ),
      "cluster.h2.upstream_rq_rx_reset",
      "cluster.h2.upstream_rq_tx_reset",
      "cluster.h2.upstream_cx_close_notify",
      "cluster.twice.upstream_cx_max_requests",
      "cluster.h2.http2.rx_reset",
      "cluster.h2.http2.trailers",
    ],
  },
];
