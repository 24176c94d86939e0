import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { fileLog, httpBootstrap, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const REWRITES = [
  "timeout: 15s",
  "prefix_rewrite: /new",
  "prefix_rewrite: new",
  "prefix_rewrite: '/new?q'",
  'regex_rewrite: { pattern: { regex: ".*" }, substitution: /new }',
  'regex_rewrite: { pattern: { regex: "^/a" }, substitution: /new }',
  'path_rewrite: "/new%REQ(x-to)%"',
  "prefix_rewrite: /new, retry_policy: { retry_on: 5xx }",
];
const CLUSTERS = ["one", "h2"];
const ROUTES = REWRITES.flatMap((rewrite) => CLUSTERS.map((cluster) => `cluster: ${cluster}, ${rewrite}`));
const WEBSOCKET = "connection: upgrade\r\nupgrade: websocket\r\n";

const http2 = createServer();
http2.on("sessionError", () => {});
http2.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  stream.on("error", () => {});
  stream.respond({
    ":status": 403,
    "x-path": `${headers[":path"]} ${headers[":protocol"]} ${headers["x-envoy-original-path"]}`,
  });
  stream.end("h2");
});

/** A CONNECT has no path, unless its route makes one: then an upstream cannot be asked. */
export const CONNECT_PATH_CASES: readonly ConformanceCase[] = [
  {
    title: "a path that a route makes for a CONNECT",
    yaml: httpBootstrap({
      routes: ROUTES.map(
        (
          action,
          at,
        ) => `- { match: { connect_matcher: {}, headers: [{ name: x-to, string_match: { exact: "${at}" } }] }, route: { ${action} } }
`,
      ).join(""),
      hcm: `upgrade_configs: [{ upgrade_type: CONNECT }, { upgrade_type: websocket }]
access_log: ${fileLog("%REQ(x-to)% %PATH(NQ)% %REQ(:path)% %PATH(NQ:ORIG)% %REQ(x-envoy-original-path)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %UPSTREAM_HOST% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_TRANSPORT_FAILURE_REASON%")}`,
      clusters: staticCluster("h2", ["{{tcp}}"], OVER_HTTP2),
    }),
    reply: { status: 403, body: "no" },
    tcp: (socket) => {
      http2.emit("connection", socket);
    },
    observe: async ({ connect }) => {
      const seen: unknown[] = [];
      for (const to of ROUTES.keys()) {
        for (const upgrade of ["", WEBSOCKET]) {
          const connection = await connect();
          connection.write(`CONNECT a.test:80 HTTP/1.1\r\nhost: a.test:80\r\nx-to: ${to}\r\n${upgrade}\r\n`);
          const { status, text, header } = await connection.response();
          seen.push([ROUTES[to], upgrade !== "", status, text, header("x-path") ?? null]);
          connection.destroy();
        }
      }
      return seen;
    },
    accessLog: { file: "access.log", lines: ROUTES.length * 2 },
    stats: CLUSTERS.flatMap((cluster) =>
      ["rq_total", "rq_tx_reset", "rq_completed", "rq_403", "rq_503", "rq_active", "rq_retry"].map(
        (stat) => `cluster.${cluster}.upstream_${stat}`,
      ),
    ),
  },
];
