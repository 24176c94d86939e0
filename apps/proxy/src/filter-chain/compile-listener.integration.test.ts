import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { fromJson } from "@bufbuild/protobuf";
import { freePort } from "@sluice/harness";
import { apiRegistry } from "@sluice/xds";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { oneHostCluster, testLimits } from "../cluster/testing/one-host-cluster.ts";
import { standardExtensions } from "../extensions/standard.ts";
import { createValidationContext } from "../server/validation-context.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { ActiveListenerConfig } from "./active-listener-config.ts";
import { compileListener } from "./compile-listener.ts";

const DEADLINE_MS = 5000;

const ROUTES = [
  { match: { path: "/direct" }, direct_response: { status: 200, body: { inline_string: "hello" } } },
  { match: { prefix: "/redirect" }, redirect: { path_redirect: "/there", https_redirect: true } },
  { match: { prefix: "/empty" }, route: { cluster: "empty" } },
  { match: { prefix: "/full" }, route: { cluster: "full" } },
  { match: { prefix: "/dead" }, route: { cluster: "dead" } },
  { match: { prefix: "/slow" }, route: { cluster: "up", timeout: "0.05s" } },
  {
    match: { prefix: "/retry" },
    route: {
      cluster: "up",
      retry_policy: { retry_on: "5xx", num_retries: 2, retry_back_off: { base_interval: "0.001s" } },
    },
  },
  {
    match: { prefix: "/rewrite/" },
    route: { cluster: "up", prefix_rewrite: "/new/", host_rewrite_literal: "other" },
    request_headers_to_add: [{ header: { key: "x-added", value: "yes" } }],
    response_headers_to_remove: ["x-secret"],
  },
  {
    match: { prefix: "/ws" },
    route: { cluster: "up", timeout: "0s", upgrade_configs: [{ upgrade_type: "websocket" }] },
  },
  { match: { prefix: "/" }, route: { cluster: "up" } },
];

function listenerWith(hcm: object): ReturnType<typeof listenerOf> {
  return listenerOf({
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "test",
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
      },
    ],
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: ROUTES }] },
    ...hcm,
  });
}

function listenerOf(config: object) {
  const json = JSON.parse(
    JSON.stringify({ name: "l", filter_chains: [{ filters: [{ name: "hcm", typed_config: config }] }] }),
  );
  return fromJson(ListenerSchema, json, { registry: apiRegistry() });
}

describe("a listener with a connection manager", () => {
  let upstream: Server;
  let proxy: Server;
  let context: WorkerContext;
  let active: ActiveListenerConfig;
  let seen: string[] = [];
  const upstreamSockets = new Set<Socket>();
  let flakyAnswers = 0;

  before(async () => {
    upstream = createServer((socket) => {
      upstreamSockets.add(socket);
      socket.on("close", () => upstreamSockets.delete(socket));
      socket.on("error", () => {});
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        if (text.startsWith("TUNNEL")) return;
        const end = text.indexOf("\r\n\r\n");
        if (end < 0) return;
        const chunked = /transfer-encoding: chunked/.test(text);
        if (chunked && !text.endsWith("0\r\n\r\n")) return;
        const message = text;
        text = "";
        seen.push(message);
        const path = message.split(" ")[1] ?? "";
        if (path.startsWith("/slow")) return;
        if (path.startsWith("/close")) socket.destroy();
        else if (path.startsWith("/garbage")) socket.write("garbage\r\n\r\n");
        else if (path.startsWith("/ws")) {
          socket.write(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
          );
          text = "TUNNEL";
          if (message.length > end + 4) socket.write(`echo ${message.slice(end + 4)}`);
          socket.on("data", (bytes) => socket.write(`echo ${bytes.toString()}`));
        } else if (path.startsWith("/retry")) {
          const status = flakyAnswers-- > 0 ? "503 X" : "200 OK";
          socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
        } else if (path.startsWith("/chunked")) {
          socket.write(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
          );
        } else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-secret: 1\r\n\r\nok");
      });
    });
    const port = await listen(upstream);
    const full = testLimits({ pendingRequests: { tryAcquire: () => false, release() {} } });
    const clusters = new Map([
      ["up", oneHostCluster("up", port)],
      ["empty", { ...oneHostCluster("empty", 0), chooseHost: () => undefined, hostCount: 0 }],
      ["full", oneHostCluster("full", port, { circuitBreakers: { default: full, high: testLimits() } })],
      ["dead", oneHostCluster("dead", await freePort())],
    ]);
    const quiet = { debug() {}, info() {}, warn() {}, error: (text: string) => assert.fail(text) };
    context = {
      ...createValidationContext({
        concurrency: 1,
        runtime: {
          integer: (_key, fallback) => fallback,
          boolean: (_key: string, fallback: boolean) => fallback,
          double: (_key, fallback) => fallback,
          featureEnabled: (_key, n, d, random) => random % d < n,
        },
        log: quiet,
        localInfo: { nodeId: "n", nodeCluster: "c", region: "", zone: "", subZone: "", address: "10.0.0.1" },
        clusters: { has: (name) => clusters.has(name) },
        extensions: standardExtensions(),
      }),
      clusters: { get: (name) => clusters.get(name), has: (name) => clusters.has(name) },
    };
    const compiled = compileListener(listenerWith({ upgrade_configs: [] }), context);
    assert.ok(compiled.ok, JSON.stringify(compiled));
    active = compiled.value;
    proxy = createServer({ pauseOnConnect: true }, (socket) => active.onAccept(socket));
    await listen(proxy);
  });

  after(async () => {
    active.close();
    for (const socket of upstreamSockets) socket.destroy();
    await Promise.all([proxy, upstream].map((one) => new Promise<void>((done) => one.close(() => done()))));
  });

  /** Sends bytes and reads until `until` is in the answer, or the end. Date and request times are blanked. */
  function exchange(text: string, until: RegExp | "end"): Promise<string> {
    return new Promise((resolve, reject) => {
      const address = proxy.address() as AddressInfo;
      const socket = connect(address.port, "127.0.0.1", () => socket.write(text, "latin1"));
      let answer = "";
      const timer = setTimeout(() => reject(new Error(`no answer in time, only: ${answer}`)), DEADLINE_MS);
      const finish = (): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(answer.replace(/date: [^\r]*\r\n/g, "").replace(/service-time: \d+/g, "service-time: 0"));
      };
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
        if (until !== "end" && until.test(answer)) finish();
      });
      socket.on("end", finish);
      socket.on("error", reject);
    });
  }
  const get = (path: string, until: RegExp | "end" = /\r\n\r\n/): Promise<string> =>
    exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`, until);

  it("answers by itself with Envoy's head", async () => {
    assert.equal(
      await get("/direct", /hello/),
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: text/plain\r\nserver: envoy\r\n\r\nhello",
    );
  });

  it("redirects with scheme and query", async () => {
    assert.match(await get("/redirect?x=1"), /^HTTP\/1.1 301 .*\r\nlocation: https:\/\/a\/there\?x=1\r\n/);
  });

  it("forwards a request with Envoy's headers and returns the response", async () => {
    seen = [];
    assert.equal(
      await get("/x?y=1", /ok$/),
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-secret: 1\r\nx-envoy-upstream-service-time: 0\r\nserver: envoy\r\n\r\nok",
    );
    assert.match(
      seen[0] ?? "",
      /^GET \/x\?y=1 HTTP\/1.1\r\nhost: a\r\nx-forwarded-proto: http\r\nx-request-id: [0-9a-f-]{36}\r\nx-envoy-expected-rq-timeout-ms: 15000\r\n\r\n$/,
    );
  });

  it("rewrites path and host, adds and removes headers", async () => {
    seen = [];
    assert.doesNotMatch(await get("/rewrite/z?q", /ok$/), /x-secret/);
    assert.match(seen[0] ?? "", /^GET \/new\/z\?q HTTP\/1.1\r\nhost: other\r\n/);
    assert.match(seen[0] ?? "", /x-added: yes\r\n.*x-envoy-original-path: \/rewrite\/z\?q\r\n/s);
  });

  it("answers pipelined requests in order on one connection", async () => {
    const one = "GET /p HTTP/1.1\r\nHost: a\r\n\r\n";
    const direct = "GET /direct HTTP/1.1\r\nHost: a\r\n\r\n";
    const answer = await exchange(one + direct + one, /ok.*hello.*ok$/s);
    assert.equal(answer.split("HTTP/1.1 200 OK").length, 4);
  });

  it("passes chunked bodies both ways", async () => {
    seen = [];
    const answer = await exchange(
      "POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n",
      /0\r\n\r\n$/,
    );
    assert.match(answer, /transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n$/);
    assert.match(seen[0] ?? "", /transfer-encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n$/);
  });

  for (const [path, status, body] of [
    ["/empty", 503, "no healthy upstream"],
    ["/full", 503, "upstream connect error or disconnect/reset before headers. reset reason: overflow"],
    [
      "/dead",
      503,
      "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
    ],
    [
      "/close",
      503,
      "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    ],
    [
      "/garbage",
      502,
      "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
    ],
    ["/slow", 504, "upstream request timeout"],
  ] as const) {
    it(`answers ${status} in Envoy's words for ${path}`, async () => {
      const answer = await get(path, new RegExp(`${body.slice(-12)}$`));
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      assert.ok(answer.endsWith(`\r\n\r\n${body}`), answer);
    });
  }

  it("retries until the budget is used up", async () => {
    flakyAnswers = 2;
    assert.match(await get("/retry"), /^HTTP\/1.1 200 /);
    flakyAnswers = 9;
    assert.match(await get("/retry"), /^HTTP\/1.1 503 /);
  });

  it("tunnels a websocket where the route allows it, and refuses it elsewhere", async () => {
    const upgrade = (path: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    assert.match(
      await exchange(`${upgrade("/ws")}ping`, /echo ping/),
      /^HTTP\/1.1 101 .*upgrade: websocket/s,
    );
    assert.match(await exchange(upgrade("/no"), "end"), /^HTTP\/1.1 403 Forbidden\r\n/);
  });

  it("closes behind an answer to a request that it has not read whole", async () => {
    const answer = await exchange("POST /direct HTTP/1.1\r\nHost: a\r\ncontent-length: 9\r\n\r\nabc", "end");
    assert.match(answer, /connection: close\r\n\r\nhello$/);
  });

  it("closes when the client asks for it", async () => {
    const answer = await exchange("GET /direct HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "end");
    assert.match(answer, /connection: close\r\n\r\nhello$/);
  });

  it("is refused without any filter chain, and taken with a default one alone", () => {
    const refused = (chains: object): string => {
      const listener = fromJson(ListenerSchema, { name: "l", ...chains }, { registry: apiRegistry() });
      const compiled = compileListener(listener, context);
      if (!compiled.ok) return compiled.problems.map((p) => `${p.path}: ${p.message}`).join("\n");
      compiled.value.close();
      return "";
    };
    assert.equal(refused({}), "filter_chains: no filter chains specified");
    const echo = {
      name: "echo",
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo" },
    };
    assert.equal(refused({ default_filter_chain: { filters: [echo] } }), "");
    assert.equal(refused({ filter_chains: [{ filters: [echo] }] }), "");
  });

  it("refuses what is not implemented by name", () => {
    const refused = (hcm: object): string => {
      const compiled = compileListener(listenerWith(hcm), context);
      return compiled.ok ? "" : compiled.problems.map((p) => `${p.path}: ${p.message}`).join("\n");
    };
    assert.match(refused({ codec_type: "HTTP3" }), /codec_type: HTTP3 is not implemented/);
    const lua = {
      name: "lua",
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua" },
    };
    assert.match(refused({ http_filters: [lua] }), /http_filters\[0\].*lua.*is not implemented/);
    assert.match(
      refused({
        route_config: {
          virtual_hosts: [
            { name: "a", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "gone" } }] },
          ],
        },
      }),
      /virtual_hosts\[0\]\.routes\[0\]\.route\.cluster: route: unknown cluster 'gone'/,
    );
    const copies = { request_mirror_policies: [{ cluster: "nowhere" }], cluster_header: "x-to" };
    assert.match(
      refused({
        route_config: {
          virtual_hosts: [
            {
              name: "a",
              domains: ["*"],
              routes: [
                { match: { prefix: "/d" }, direct_response: { status: 200 } },
                { match: { prefix: "/" }, route: copies },
              ],
            },
          ],
        },
      }),
      /^.*routes\[1\]\.route\.request_mirror_policies: route: unknown shadow cluster 'nowhere'$/,
    );
    assert.match(
      refused({ strip_matching_host_port: true, strip_any_host_port: true }),
      /strip_any_host_port: only one of/,
    );
  });
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
