import { type RawHttp2Client, type ScriptedReply, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { exchanges } from "../exchange.ts";
import { http2Exchange, http2Exchanges } from "../http2-exchange.ts";
import { seenRequests } from "../normalize.ts";

const FIELD: readonly [string, string] = ["x_a", "1"];
const LOG = fileLog("%REQ(x-case)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%");
const ROUTES = `- { match: { prefix: /direct }, direct_response: { status: 200, body: { inline_string: direct } } }
- { match: { prefix: /dead }, route: { cluster: dead } }
- { match: { prefix: /idle }, route: { cluster: one, idle_timeout: 0.3s } }
- { match: { connect_matcher: {}, headers: [{ name: x-case, string_match: { exact: refused } }] }, route: { cluster: one, upgrade_configs: [{ upgrade_type: CONNECT }] } }
- { match: { connect_matcher: {} }, route: { cluster: dead, upgrade_configs: [{ upgrade_type: CONNECT }] } }
- { match: { prefix: /one }, route: { cluster: one } }`;

const BROKEN: ScriptedReply = {
  raw: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n",
  at: "head",
};

const common = (
  action: string,
): string => `common_http_protocol_options: { headers_with_underscores_action: ${action}, max_headers_count: 10 }
http_protocol_options: { enable_trailers: true }
upgrade_configs: [{ upgrade_type: CONNECT }]
access_log: ${LOG}`;

/** A request whose body is still to come. */
function begin(
  client: RawHttp2Client,
  name: string,
  path: string,
  more: ReadonlyArray<readonly [string, string]> = [FIELD],
): void {
  client.request(1, path, [["x-case", name], ...more], { method: "POST", endStream: false });
}

/** What they do is the client's or Envoy's, at each point of a request with such a field. */
async function overHttp2(target: Target): Promise<unknown> {
  const seen = await http2Exchanges(target, {
    whole: (c) => c.request(1, "/direct", [["x-case", "whole"], FIELD]),
    wholeBody: (c) => {
      begin(c, "wholeBody", "/one");
      c.data(1, "body", true);
    },
    early404: (c) => begin(c, "early404", "/none"),
    earlyDirect: (c) => begin(c, "earlyDirect", "/direct"),
    earlyDead: (c) => begin(c, "earlyDead", "/dead"),
    idle: (c) => begin(c, "idle", "/idle"),
    trailers: (c) => {
      begin(c, "trailers", "/one", []);
      c.headers(1, [FIELD]);
    },
    trailersTwice: (c) => {
      begin(c, "trailersTwice", "/one");
      c.headers(1, [["x-b", "1"], FIELD, ["x-c", "1"]]);
    },
    badTrailers: async (c, { upstream }) => {
      begin(c, "badTrailers", "/one", []);
      await waitFor("the request", () =>
        upstream.requests.some(({ header }) => header("x-case") === "badTrailers"),
      );
      c.headers(1, [FIELD, [":path", "/"]]);
    },
    fieldsEnough: (c) =>
      c.request(1, "/direct", [
        ["x-case", "fieldsEnough"],
        ["x_1", ""],
        ["x_2", ""],
        ["x_3", ""],
        ["x_4", ""],
        ["x_5", ""],
        ["x_6", ""],
        ["x_7", ""],
      ]),
    manyFields: (c) =>
      c.request(1, "/direct", [
        ["x-case", "manyFields"],
        FIELD,
        ...Array.from({ length: 12 }, (_none, at): [string, string] => [`x-${at}`, "1"]),
      ]),
    badFieldBehind: (c) => c.request(1, "/direct", [["x-case", "behind"], FIELD, ["connection", "close"]]),
    badFieldAhead: (c) => c.request(1, "/direct", [["x-case", "ahead"], ["connection", "close"], FIELD]),
    brokenRule: (c) => c.headers(1, [[":method", "GET"], [":scheme", "http"], [":authority", "a"], FIELD]),
    short: (c) => {
      begin(c, "short", "/one", [FIELD, ["content-length", "9"]]);
      c.data(1, "body", true);
    },
    brokenEarly: (c) => begin(c, "brokenEarly", "/one/broken"),
    deadTunnel: (c) =>
      c.headers(1, [[":method", "CONNECT"], [":authority", "a:80"], ["x-case", "dead"], FIELD], 4),
    refusedTunnel: (c) =>
      c.headers(1, [[":method", "CONNECT"], [":authority", "a:80"], ["x-case", "refused"], FIELD], 4),
  });
  // Whether the others got there before they failed is chance.
  return { seen, passed: seenRequests(target.upstream.requests.filter(({ complete }) => complete)) };
}

/** The client ends what has reached the upstream. */
async function endedByClient(target: Target): Promise<unknown> {
  const seen: unknown[] = [];
  for (const end of ["reset", "destroy"] as const) {
    const before = target.upstream.requests.length;
    const script = async (client: RawHttp2Client): Promise<void> => {
      begin(client, end, "/one");
      await waitFor("the request", () => target.upstream.requests.length > before);
      if (end === "reset") client.reset(1, 8);
      else client.destroy();
    };
    seen.push(await http2Exchange(target, { send: script, streams: [] }));
  }
  return seen;
}

/** Names with underscores: what the connection manager does with them, and what is told of it. */
export const UNDERSCORE_CASES: readonly ConformanceCase[] = [
  "DROP_HEADER",
  "REJECT_REQUEST",
  "ALLOW",
].flatMap((action): ConformanceCase[] => [
  {
    title: `names with underscores over HTTP/2, where they are to ${action}`,
    yaml: httpBootstrap({ routes: ROUTES, hcm: common(action) }),
    reply: ({ method, target }) =>
      method === "CONNECT" ? { status: 403 } : target === "/one/broken" ? BROKEN : { body: "one" },
    observe: overHttp2,
    ignoreUpstream: true,
    accessLog: { file: "access.log", lines: 18 },
    stats: [
      "http2.dropped_headers_with_underscores",
      "http2.requests_rejected_with_underscores_in_headers",
      "http2.rx_messaging_error",
      "http2.tx_reset",
      "http.main.downstream_rq_rx_reset",
      "http.main.downstream_rq_tx_reset",
    ],
  },
  {
    title: `requests with names with underscores that their client ends, where they are to ${action}`,
    yaml: httpBootstrap({ routes: ROUTES, hcm: common(action) }),
    observe: action === "REJECT_REQUEST" ? async () => null : endedByClient,
    accessLog: { file: "access.log", lines: action === "REJECT_REQUEST" ? 0 : 2 },
  },
  {
    title: `names with underscores over HTTP/1, where they are to ${action}`,
    yaml: httpBootstrap({ routes: ROUTES, hcm: common(action) }),
    observe: (target) =>
      exchanges(target, {
        whole: head("GET /direct", "whole", "\r\n"),
        early404: head("POST /none", "early404", "content-length: 4\r\n\r\n"),
        earlyDirect: head("POST /direct", "earlyDirect", "content-length: 4\r\n\r\n"),
        trailers: head(
          "POST /one",
          "trailers",
          "transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx_b: 1\r\nx-c: 1\r\n\r\n",
        ),
        onlyTrailers:
          "POST /one HTTP/1.1\r\nhost: a.test\r\nx-case: onlyTrailers\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx_b: 1\r\nx-c: 1\r\n\r\n",
      }),
    accessLog: { file: "access.log", lines: 5 },
    stats: ["http1.dropped_headers_with_underscores", "http1.requests_rejected_with_underscores_in_headers"],
  },
]);

function head(line: string, name: string, rest: string): string {
  return `${line} HTTP/1.1\r\nhost: a.test\r\nx-case: ${name}\r\nx_a: 1\r\n${rest}`;
}
