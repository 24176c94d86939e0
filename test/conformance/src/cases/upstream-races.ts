import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connectRaw } from "@sluice/harness";
import { staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { listenersBootstrap } from "../many-listeners.ts";

const saw: string[] = [];
const LOG = `access_log:
- name: file
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
    path: "{{dir}}/access.log"
    log_format: { text_format_source: { inline_string: "%REQ(:method)% %REQ(:path)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_REQUEST_ATTEMPT_COUNT%\\n" } }
`;

/** By path; connections are numbered, each with its requests. */
function peer(): (socket: Socket) => void {
  return (socket) => {
    let n = 0;
    let input = "";
    socket.on("end", () => socket.end());
    socket.on("data", (chunk: Buffer) => {
      input += chunk.toString("latin1");
      for (;;) {
        const end = input.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = input.slice(0, end);
        const expect = /expect: 100-continue/i.test(head);
        const path = head.split(" ")[1] ?? "";
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        const chunked = /transfer-encoding: chunked/i.test(head);
        if (path.includes("/continue") && input.length === end + 4 && expect)
          socket.write("HTTP/1.1 100 Continue\r\n\r\n");
        if (path.includes("/early413")) {
          saw.push(`${path} early`);
          socket.end("HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig");
          input = "";
          return;
        }
        const bodyEnd = chunked ? input.indexOf("0\r\n\r\n", end + 4) + 5 : end + 4 + length;
        if (chunked ? bodyEnd < 5 : input.length < bodyEnd) return;
        const body = input.slice(end + 4, bodyEnd);
        input = input.slice(bodyEnd);
        n++;
        saw.push(`${head.split(" ")[0]} ${path} ${JSON.stringify(body)} ${expect ? "expects" : ""}`);
        answer(socket, path, n);
      }
    });
  };
}
const ok = (body: string, more = ""): string =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
function answer(socket: Socket, path: string, n: number): void {
  if (path.includes("/reuse") && n === 2)
    return void (path.includes("reset") ? socket.resetAndDestroy() : socket.end());
  if (path.includes("/slow")) return void setTimeout(() => socket.write(ok("slow")), 150);
  if (path.includes("/head")) return void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n");
  if (path.includes("/headbody")) return void socket.write(ok("body"));
  if (path.includes("/204body"))
    return void socket.write("HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\nbody");
  if (path.includes("/204chunk"))
    return void socket.write(
      "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    );
  if (path.includes("/304body"))
    return void socket.write("HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\nbody");
  if (path.includes("/304len"))
    return void socket.write("HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\n");
  if (path.includes("/extra")) return void socket.write(`${ok("one")}garbage`);
  if (path.includes("/double")) return void socket.write(`${ok("one")}${ok("two")}`);
  if (path.includes("/announced")) return void socket.end(ok("bye", "connection: close\r\n"));
  if (path.includes("/keepclose")) return void socket.write(ok("kept", "connection: close\r\n"));
  if (path.includes("/http10")) return void socket.write("HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nold");
  if (path.includes("/100s"))
    return void socket.write(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok("final")}`,
    );
  socket.write(ok("plain"));
}

const routes = `
- { match: { prefix: "/retry" }, route: { cluster: raw, retry_policy: { retry_on: "reset-before-request,connect-failure", num_retries: 2 } } }
- { match: { prefix: "/rreset" }, route: { cluster: raw, retry_policy: { retry_on: "reset", num_retries: 2 } } }
- { match: { prefix: "/" }, route: { cluster: raw } }`;
const clusters = staticCluster("raw", ["{{tcp}}"]);

const STATS = [
  "upstream_cx_total",
  "upstream_cx_destroy",
  "upstream_cx_destroy_with_active_rq",
  "upstream_cx_destroy_remote_with_active_rq",
  "upstream_cx_protocol_error",
  "upstream_cx_close_notify",
  "upstream_rq_retry",
  "upstream_rq_retry_success",
  "upstream_rq_rx_reset",
  "upstream_rq_pending_total",
  "upstream_rq_pending_overflow",
  "upstream_rq_cancelled",
  "upstream_rq_total",
  "upstream_rq_pending_failure_eject",
].map((s) => `cluster.raw.${s}`);

const PATHS = [
  "/reuse",
  "/reuse-reset",
  "/retry/reuse",
  "/retry/reuse-reset",
  "/rreset/reuse",
  "/rreset/reuse-reset",
  "/204body",
  "/204chunk",
  "/304body",
  "/304len",
  "/extra",
  "/double",
  "/announced",
  "/keepclose",
  "/http10",
  "/100s",
];

export const UPSTREAM_RACE_CASES: readonly ConformanceCase[] = [
  {
    title: "upstreams that close at the moment of reuse, or send what nobody asked for",
    yaml: listenersBootstrap({ main: { hcm: LOG, routes } }, "", clusters),
    tcp: peer(),
    ignoreUpstream: true,
    observe: async ({ port }) => {
      saw.length = 0;
      const seen: Record<string, unknown> = {};
      for (const path of PATHS) {
        const client = await connectRaw(port);
        const answers: unknown[] = [];
        for (let i = 0; i < 3; i++) {
          client.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
          answers.push(
            await client.response().then(
              (r) => [r.status, r.text, r.header("content-length"), r.interim.length, r.header("connection")],
              (e) => String(e),
            ),
          );
          await wait(20);
        }
        client.destroy();
        seen[path] = answers;
        const flush = await connectRaw(port);
        flush.write("GET /announced HTTP/1.1\r\nhost: a\r\n\r\n");
        await flush.response();
        flush.destroy();
        await wait(20);
      }
      return { seen, saw: saw.splice(0) };
    },
    stats: STATS,
    accessLog: { file: "access.log", lines: PATHS.length * 4 },
  },
  {
    title: "pipelines behind slow answers, and expectations of every kind",
    yaml: listenersBootstrap(
      { main: { hcm: LOG, routes }, passing: { hcm: `${LOG}proxy_100_continue: true`, routes } },
      "",
      clusters,
    ),
    tcp: peer(),
    ignoreUpstream: true,
    observe: async ({ proxy, port }) => {
      saw.length = 0;
      const seen: Record<string, unknown> = {};
      const passing = await proxy.listenerPort("passing");
      const all = async (name: string, to: number, octets: string, methods: string[], later?: string) => {
        const client = await connectRaw(to);
        client.write(octets);
        if (later !== undefined) {
          await wait(100);
          client.write(later);
        }
        const answers: unknown[] = [];
        for (const method of methods)
          answers.push(
            await client.response(method).then(
              (r) => [
                r.status,
                r.text,
                r.header("content-length"),
                r.header("transfer-encoding"),
                r.interim.map((x) => x.status),
                r.header("connection"),
              ],
              (e) => String(e),
            ),
          );
        await wait(20);
        client.destroy();
        seen[name] = answers;
        await wait(20);
      };
      const rq = (line: string, more = "", body = "") => `${line} HTTP/1.1\r\nhost: a\r\n${more}\r\n${body}`;
      await all(
        "pipeline",
        port,
        rq("GET /slow/1") +
          rq("GET /plain/2") +
          rq("HEAD /head/3") +
          rq("POST /plain/4", "content-length: 3\r\n", "abc") +
          rq("GET /slow/5"),
        ["GET", "GET", "HEAD", "POST", "GET"],
      );
      await all("pipeline close", port, rq("GET /slow/1", "connection: close\r\n") + rq("GET /plain/2"), [
        "GET",
        "GET",
      ]);
      await all("pipeline bad", port, `${rq("GET /slow/1")}bad request\r\n\r\n`, ["GET", "GET"]);
      await all("head headbody", port, rq("HEAD /headbody") + rq("GET /plain"), ["HEAD", "GET"]);
      for (const [name, to] of [
        ["own", port],
        ["passing", passing],
      ] as const) {
        await all(
          `${name} expect`,
          to,
          rq("POST /continue", "expect: 100-continue\r\ncontent-length: 3\r\n"),
          ["POST"],
          "abc",
        );
        await all(
          `${name} expect none`,
          to,
          rq("POST /plain", "expect: 100-continue\r\ncontent-length: 3\r\n"),
          ["POST"],
          "abc",
        );
        await all(
          `${name} expect with body`,
          to,
          rq("POST /continue", "expect: 100-continue\r\ncontent-length: 3\r\n", "abc"),
          ["POST"],
        );
        await all(
          `${name} expect early`,
          to,
          rq("POST /early413", "expect: 100-continue\r\ncontent-length: 3\r\n"),
          ["POST"],
        );
        await all(`${name} expect get`, to, rq("GET /plain", "expect: 100-continue\r\n"), ["GET"]);
        await all(
          `${name} expect other`,
          to,
          rq("POST /plain", "expect: 200-ok\r\ncontent-length: 3\r\n", "abc"),
          ["POST"],
        );
        await all(
          `${name} expect chunked`,
          to,
          rq("POST /continue", "expect: 100-continue\r\ntransfer-encoding: chunked\r\n"),
          ["POST"],
          "3\r\nabc\r\n0\r\n\r\n",
        );
        await all(`${name} 100s`, to, rq("GET /100s"), ["GET"]);
      }
      await all("early413 big", port, rq("POST /early413", "content-length: 10\r\n", "abc"), ["POST"]);
      return { seen, saw: saw.splice(0) };
    },
    accessLog: { file: "access.log", lines: 27 },
  },
];
