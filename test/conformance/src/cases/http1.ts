import { waitFor } from "@sluice/harness";
import { httpBootstrap, staticCluster, WITH_TRAILERS } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { exchange, exchanges } from "../exchange.ts";
import { seenResponse } from "../normalize.ts";

const ECHO_ROUTES = `- { match: { prefix: "/direct" }, direct_response: { status: 200, body: { inline_string: direct } } }
- { match: { prefix: "/" }, route: { cluster: one } }`;

const PLAIN = httpBootstrap({ routes: ECHO_ROUTES });

// Envoy leaves a second for the client to read an error before it closes: many of them would take long.
const CLOSING = httpBootstrap({ routes: ECHO_ROUTES, hcm: "delayed_close_timeout: 0.1s" });

function get(path: string, more = ""): string {
  return `GET ${path} HTTP/1.1\r\nhost: example.test\r\n${more}\r\n`;
}

/** A request with the given octets between its request line and its end. */
function request(line: string, ...fields: string[]): string {
  return `${line}\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
}

/** What comes before a body that is held back until then, and what comes after it. */
async function expectContinue({ connect }: Target): Promise<unknown> {
  const connection = await connect();
  connection.write(
    "POST / HTTP/1.1\r\nhost: example.test\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n",
  );
  const interim = (await connection.reader.until("\r\n\r\n")).toString("latin1");
  connection.write("abc");
  const response = seenResponse(await connection.response());
  connection.destroy();
  return { interim, response };
}

export const HTTP1_CASES: readonly ConformanceCase[] = [
  {
    title: "a connection is kept alive unless one side says close",
    yaml: PLAIN,
    observe: async (target) => ({
      plain: await exchange(target, get("/a")),
      close: await exchange(target, get("/b", "connection: close\r\n")),
      keepAlive: await exchange(target, get("/c", "connection: keep-alive\r\n")),
      direct: await exchange(target, get("/direct")),
      directClose: await exchange(target, get("/direct", "connection: Close\r\n")),
      post: await exchange(target, "POST /d HTTP/1.1\r\nhost: example.test\r\ncontent-length: 3\r\n\r\nabc"),
    }),
  },
  {
    title: "pipelined requests are answered in order",
    yaml: PLAIN,
    reply: (seen) => ({ body: seen.target }),
    observe: (target) =>
      exchange(
        target,
        get("/1") +
          "POST /2 HTTP/1.1\r\nhost: example.test\r\ncontent-length: 2\r\n\r\nab" +
          "HEAD /4 HTTP/1.1\r\nhost: example.test\r\n\r\n" +
          get("/5"),
        4,
        ["GET", "POST", "HEAD", "GET"],
      ),
    stats: ["cluster.one.upstream_cx_total", "cluster.one.upstream_rq_total"],
  },
  {
    title: "a body passes whatever its framing",
    yaml: PLAIN,
    observe: (target) =>
      exchanges(target, {
        length: "POST /l HTTP/1.1\r\nhost: example.test\r\ncontent-length: 5\r\n\r\nhello",
        chunked:
          "POST /c HTTP/1.1\r\nhost: example.test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n",
        empty: "POST /e HTTP/1.1\r\nhost: example.test\r\ncontent-length: 0\r\n\r\n",
        noLength: "POST /n HTTP/1.1\r\nhost: example.test\r\n\r\n",
        getWithBody: "GET /g HTTP/1.1\r\nhost: example.test\r\ncontent-length: 2\r\n\r\nhi",
        deleteWithBody: "DELETE /d HTTP/1.1\r\nhost: example.test\r\ncontent-length: 2\r\n\r\nhi",
        upperCase:
          "POST /u HTTP/1.1\r\nhost: example.test\r\nTransfer-Encoding: CHUNKED\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
      }),
  },
  {
    title: "trailers are dropped unless enabled",
    yaml: PLAIN,
    reply: { chunks: ["one"], trailers: [["x-end", "r"]] },
    observe: (target) =>
      exchange(
        target,
        "POST / HTTP/1.1\r\nhost: example.test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-end: q\r\n\r\n",
      ),
  },
  {
    title: "trailers pass both ways where enabled",
    yaml: httpBootstrap({
      hcm: "http_protocol_options: { enable_trailers: true }",
      routes: `- { match: { prefix: "/" }, route: { cluster: trailing } }`,
      clusters: staticCluster("trailing", ["{{upstream}}"], WITH_TRAILERS),
    }),
    reply: { chunks: ["one"], trailers: [["X-End", "r"]] },
    observe: (target) =>
      exchange(
        target,
        "POST / HTTP/1.1\r\nhost: example.test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-End: q\r\n\r\n",
      ),
  },
  {
    title: "an expectation of 100-continue is met by the proxy",
    yaml: PLAIN,
    observe: expectContinue,
    stats: ["http.main.downstream_rq_1xx", "http.main.downstream_rq_completed"],
  },
  {
    title: "a 100-continue of the upstream passes where configured",
    yaml: httpBootstrap({ hcm: "proxy_100_continue: true" }),
    reply: { at: "interim", interim: [{ status: 100 }], body: "one" },
    observe: expectContinue,
  },
  {
    title: "HTTP/1.0 is told to upgrade unless accepted",
    yaml: CLOSING,
    observe: (target) =>
      exchanges(target, {
        withHost: request("GET / HTTP/1.0", "host: example.test"),
        without: request("GET / HTTP/1.0"),
      }),
  },
  {
    title: "HTTP/1.0 is served where accepted, under the default host",
    yaml: httpBootstrap({
      routes: ECHO_ROUTES,
      hcm: "http_protocol_options: { accept_http_10: true, default_host_for_http_10: default.test }",
    }),
    reply: { chunks: ["on", "e"] },
    observe: (target) =>
      exchanges(target, {
        withHost: request("GET / HTTP/1.0", "host: example.test"),
        without: request("GET / HTTP/1.0"),
        keepAlive: request("GET / HTTP/1.0", "host: example.test", "connection: keep-alive"),
        direct: request("GET /direct HTTP/1.0", "connection: keep-alive"),
      }),
  },
  {
    title: "responses without a body have none, whatever their headers say",
    yaml: PLAIN,
    reply: (seen) => {
      if (seen.method === "HEAD") return { headers: [["content-length", "10"]] };
      const status = Number(seen.target.slice(1));
      return status === 205
        ? { status, headers: [["content-length", "0"]] }
        : { status, headers: [["x-s", "1"]] };
    },
    observe: async (target) => ({
      head: await exchange(target, "HEAD /200 HTTP/1.1\r\nhost: example.test\r\n\r\n", 1, ["HEAD"]),
      204: await exchange(target, get("/204")),
      304: await exchange(target, get("/304")),
      205: await exchange(target, get("/205")),
    }),
  },
  {
    title: "a response is delimited by the end of the upstream connection where nothing else says so",
    yaml: PLAIN,
    reply: { raw: "HTTP/1.1 200 OK\r\nx-a: 1\r\n\r\nuntil the end", afterwards: "close" },
    observe: (target) => exchange(target, get("/")),
  },
  {
    title: "an HTTP/1.0 upstream is understood",
    yaml: PLAIN,
    reply: { raw: "HTTP/1.0 200 Fine\r\ncontent-length: 3\r\n\r\none", afterwards: "close" },
    observe: (target) => exchange(target, get("/")),
  },
  {
    title: "interim responses of the upstream do not end the request",
    yaml: PLAIN,
    reply: { interim: [{ status: 103, headers: [["link", "</a>"]] }, { status: 102 }], body: "one" },
    observe: (target) => exchange(target, get("/")),
  },
  {
    title: "the first interim response of an upstream is passed on where that is wanted, and counts",
    yaml: httpBootstrap({ hcm: "proxy_100_continue: true" }),
    reply: { interim: [{ status: 103, headers: [["link", "</a>"]] }, { status: 102 }], body: "one" },
    requests: [{ path: "/" }],
    stats: [
      ...["downstream_rq_1xx", "downstream_rq_2xx", "downstream_rq_completed"].map(
        (name) => `http.main.${name}`,
      ),
      "cluster.one.upstream_rq_1xx",
    ],
  },
  {
    title: "requests that are no HTTP/1.1 get 400 and the connection is closed",
    yaml: CLOSING,
    observe: (target) =>
      exchanges(target, {
        garbage: "\x01\x02\x03\r\n\r\n",
        noVersion: "GET /\r\nhost: a\r\n\r\n",
        badVersion: request("GET / HTTP/9.9", "host: a"),
        noHost: request("GET / HTTP/1.1"),
        spaceInName: request("GET / HTTP/1.1", "host: a", "x y: 1"),
        spaceBeforeColon: request("GET / HTTP/1.1", "host: a", "x : 1"),
        noColon: request("GET / HTTP/1.1", "host: a", "nonsense"),
        emptyName: request("GET / HTTP/1.1", "host: a", ": v"),
        nulInValue: request("GET / HTTP/1.1", "host: a", "x: a\0b"),
        controlInValue: request("GET / HTTP/1.1", "host: a", "x: a\x01b"),
        spaceInPath: request("GET /a b HTTP/1.1", "host: a"),
        relativePath: request("GET a HTTP/1.1", "host: a"),
        emptyMethod: request(" / HTTP/1.1", "host: a"),
        unknownMethod: request("BREW / HTTP/1.1", "host: a"),
        badMethod: request("G@T / HTTP/1.1", "host: a"),
        badHost: request("GET / HTTP/1.1", "host: a b"),
        highOctets: request("GET /\xe9 HTTP/1.1", "host: a", "x: \xe9"),
        leadingEmptyLines: `\r\n\r\n${request("GET / HTTP/1.1", "host: a")}`,
      }),
    stats: ["http.main.downstream_cx_protocol_error", "http.main.downstream_rq_4xx"],
  },
  {
    title: "two hosts, folded lines, bare line feeds and overlong chunks",
    yaml: CLOSING,
    observe: (target) =>
      exchanges(target, {
        twoHosts: request("GET / HTTP/1.1", "host: a", "host: b"),
        folded: "GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n  2\r\n\r\n",
        bareLineFeeds: "GET / HTTP/1.1\nhost: a\n\n",
        chunkTooLong: "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
      }),
  },
  {
    title: "ambiguous framing is refused",
    yaml: CLOSING,
    observe: (target) =>
      exchanges(target, {
        both: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        twoLengths: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        sameLengths: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\nabc",
        negative: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        plus: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +3\r\n\r\nabc",
        notNumber: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3a\r\n\r\nabc",
        huge: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999\r\n\r\n",
        unknownCoding: "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n",
        chunkedTwice: "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        gzipChunked: "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        identity: "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: identity\r\n\r\n",
        badChunkSize: "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        oldVersionChunked: "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      }),
  },
  {
    title: "targets in absolute, asterisk and authority form",
    yaml: httpBootstrap({
      hcm: "delayed_close_timeout: 0.1s",
      routes: `- { match: { connect_matcher: {} }, direct_response: { status: 403 } }\n${ECHO_ROUTES}`,
    }),
    reply: (seen) => ({ body: seen.target }),
    observe: (target) =>
      exchanges(target, {
        absolute: request("GET http://other.test/path?q HTTP/1.1", "host: example.test"),
        absoluteBare: request("GET http://other.test HTTP/1.1", "host: example.test"),
        absolutePort: request("GET http://other.test:8080/p HTTP/1.1", "host: example.test"),
        https: request("GET https://other.test/p HTTP/1.1", "host: example.test"),
        options: request("OPTIONS * HTTP/1.1", "host: example.test"),
        optionsPath: request("OPTIONS /x HTTP/1.1", "host: example.test"),
        getAsterisk: request("GET * HTTP/1.1", "host: example.test"),
        connect: request("CONNECT other.test:443 HTTP/1.1", "host: other.test:443"),
        fragment: request("GET /a#b HTTP/1.1", "host: example.test"),
        emptyHost: request("GET / HTTP/1.1", "host:"),
      }),
  },
  {
    title: "a head that is too large gets 431",
    yaml: CLOSING,
    observe: (target) =>
      exchanges(target, {
        value: request("GET / HTTP/1.1", "host: a", `x-big: ${"x".repeat(70_000)}`),
        fits: request("GET / HTTP/1.1", "host: a", `x-big: ${"x".repeat(50_000)}`),
        many: request("GET / HTTP/1.1", "host: a", ...Array.from({ length: 101 }, (_, i) => `x-${i}: 1`)),
        hundred: request("GET / HTTP/1.1", "host: a", ...Array.from({ length: 99 }, (_, i) => `x-${i}: 1`)),
        path: request(`GET /${"p".repeat(70_000)} HTTP/1.1`, "host: a"),
      }),
  },
  {
    title: "limits on the head can be lowered",
    yaml: httpBootstrap({
      hcm: "delayed_close_timeout: 0.1s\nmax_request_headers_kb: 1\ncommon_http_protocol_options: { max_headers_count: 5 }",
    }),
    observe: (target) =>
      exchanges(target, {
        large: request("GET / HTTP/1.1", "host: a", `x-big: ${"x".repeat(1100)}`),
        many: request("GET / HTTP/1.1", "host: a", ...Array.from({ length: 6 }, (_, i) => `x-${i}: 1`)),
        fits: request("GET / HTTP/1.1", "host: a", "x-1: 1"),
      }),
  },
  {
    title: "a WebSocket upgrade becomes a tunnel where enabled",
    yaml: httpBootstrap({ hcm: "upgrade_configs: [{ upgrade_type: websocket }]" }),
    reply: {
      status: 101,
      headers: [
        ["upgrade", "websocket"],
        ["connection", "Upgrade"],
        ["sec-websocket-accept", "x"],
      ],
    },
    observe: tunnel,
    stats: ["http.main.downstream_cx_upgrades_total", "cluster.one.upstream_rq_101"],
  },
  {
    title: "an upgrade that the upstream declines is an ordinary response",
    yaml: httpBootstrap({ hcm: "upgrade_configs: [{ upgrade_type: websocket }]" }),
    reply: { status: 200, body: "no" },
    observe: (target) =>
      exchange(target, get("/", "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n")),
  },
  {
    title: "an upgrade that is not enabled is refused",
    yaml: PLAIN,
    observe: (target) =>
      exchange(target, get("/", "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n")),
    stats: ["http.main.downstream_rq_ws_on_non_ws_route", "http.main.downstream_rq_4xx"],
  },
  {
    title: "a connection ends after the number of requests that it may carry",
    yaml: httpBootstrap({ hcm: "common_http_protocol_options: { max_requests_per_connection: 2 }" }),
    observe: (target) => exchange(target, get("/1") + get("/2"), 2),
  },
  {
    title: "header names may be proper-cased on the way out",
    yaml: httpBootstrap({
      hcm: "http_protocol_options: { header_key_format: { proper_case_words: {} } }",
    }),
    reply: { headers: [["x-some-header", "1"]], body: "one" },
    observe: (target) => exchange(target, get("/")),
  },
  {
    title: "connections to the upstream are reused one after the other",
    yaml: PLAIN,
    observe: async (target) => {
      for (const path of ["/1", "/2", "/3"]) await target.send({ path });
      return { connections: target.upstream.connections };
    },
    stats: ["cluster.one.upstream_cx_total", "cluster.one.upstream_rq_total", "cluster.one.upstream_rq_200"],
  },
];

async function tunnel(target: Target): Promise<unknown> {
  const connection = await target.connect();
  connection.write(get("/chat", "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n"));
  const response = seenResponse(await connection.response());
  connection.write("ping\x00\xff");
  const echoed = (await connection.reader.exactly(6)).toString("latin1");
  connection.end();
  const rest = (await connection.closed()).length;
  await waitFor("the upstream's end", () => target.upstream.open === 0);
  return { response, echoed, rest };
}
