import assert from "node:assert/strict";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { after } from "node:test";
import { fromJson } from "@bufbuild/protobuf";
import type { StatsScope } from "@sluice/extension-api";
import { apiRegistry } from "@sluice/xds";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { oneHostCluster } from "../../cluster/testing/one-host-cluster.ts";
import { standardExtensions } from "../../extensions/standard.ts";
import { compileListener } from "../../filter-chain/compile-listener.ts";
import type { ExtensionRegistry } from "../../registry/extension-registry.ts";
import { RuntimeSnapshot } from "../../runtime/runtime-snapshot.ts";
import { ReadableStats } from "../../stats/testing/readable-stats.ts";
import { discardingStats } from "../../stats/thread-stats.ts";
import { testWorkerContext } from "../../worker/testing/test-worker-context.ts";
import type { WorkerContext } from "../../worker/worker-context.ts";

export interface FilterProxyOptions {
  /** `http_filters` without the router, in proto JSON. */
  readonly filters: readonly object[];
  /** Further fields of the one route (prefix `/`, to the upstream), of its virtual host and of the route configuration. */
  readonly route?: object;
  readonly virtualHost?: object;
  readonly routeConfig?: object;
  /** `per_connection_buffer_limit_bytes`. */
  readonly bufferLimitBytes?: number;
  /** In place of the standard extensions. */
  readonly extensions?: ExtensionRegistry;
  /** Clock, random numbers, drain state … in place of the system's. */
  readonly context?: Partial<WorkerContext>;
  readonly answer?: (message: IncomingMessage, response: ServerResponse) => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface SeenRequest {
  readonly headers: IncomingMessage["headers"];
  readonly url: string;
  readonly body: string;
}

/** A listener with the given HTTP filters before the router, over real sockets, and the upstream behind it. */
export interface FilterProxy {
  readonly port: number;
  readonly runtime: RuntimeSnapshot;
  /** Requests that reached the upstream whole. */
  readonly seen: readonly SeenRequest[];
  /** A counter's or gauge's value, 0 when there is none. */
  stat(name: string): number;
  /** How many values a histogram has got. */
  samples(name: string): number;
  send(options: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  }): Promise<Answer>;
  close(): Promise<void>;
}

const DEADLINE_MS = 5000;

/** Fails with the problems when the configuration is refused. */
export async function startFilterProxy(options: FilterProxyOptions): Promise<FilterProxy> {
  const seen: SeenRequest[] = [];
  const upstream = createHttpServer((message, response) => {
    let body = "";
    message.setEncoding("utf8");
    message.on("data", (chunk: string) => {
      body += chunk;
    });
    message.on("end", () => {
      seen.push({ headers: message.headers, url: message.url ?? "", body });
      if (options.answer !== undefined) options.answer(message, response);
      else response.end("ok");
    });
  });
  const upstreamPort = await listen(upstream);
  const stats = new ReadableStats();
  const runtime = new RuntimeSnapshot();
  const context = filterTestContext(options, upstreamPort, stats.root(), runtime);
  const compiled = compileFilterListener(options, context);
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.problems));
  const active = compiled.value;
  const proxy = createServer({ pauseOnConnect: true }, (socket) => active.onAccept(socket));
  const port = await listen(proxy);
  return {
    port,
    runtime,
    seen,
    stat: (name) => stats.value(name),
    samples: (name) => stats.samples(name),
    send: (message) => send(port, message),
    async close() {
      active.close();
      upstream.closeAllConnections();
      await Promise.all([proxy, upstream].map((one) => new Promise<void>((done) => one.close(() => done()))));
    },
  };
}

/** `startFilterProxy` for the suite that calls this while it is described: what is started is closed at its end. */
export function filterProxies(): typeof startFilterProxy {
  const open: FilterProxy[] = [];
  after(() => Promise.all(open.map((one) => one.close())));
  return async (options) => {
    const proxy = await startFilterProxy(options);
    open.push(proxy);
    return proxy;
  };
}

/** The problems that the configuration is refused for, one a line; "" when it is taken. */
export async function refusalOf(options: FilterProxyOptions): Promise<string> {
  const context = filterTestContext(options, 1, discardingStats(), new RuntimeSnapshot());
  const compiled = compileFilterListener(options, context);
  if (compiled.ok) {
    compiled.value.close();
    return "";
  }
  return compiled.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
}

function filterTestContext(
  options: FilterProxyOptions,
  upstreamPort: number,
  stats: StatsScope,
  runtime: RuntimeSnapshot,
): WorkerContext {
  const { extensions = standardExtensions(), context } = options;
  return testWorkerContext({ stats, runtime, extensions, ...context }, oneHostCluster("up", upstreamPort));
}

function compileFilterListener(options: FilterProxyOptions, context: WorkerContext) {
  const router = "envoy.extensions.filters.http.router.v3.Router";
  const hcm = {
    "@type": `${ANY}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "test",
    http_filters: [...options.filters, { name: "router", typed_config: { "@type": `${ANY}${router}` } }],
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [{ match: { prefix: "/" }, route: { cluster: "up" }, ...options.route }],
          ...options.virtualHost,
        },
      ],
      ...options.routeConfig,
    },
  };
  const json = JSON.parse(
    JSON.stringify({
      name: "l",
      ...(options.bufferLimitBytes !== undefined && {
        per_connection_buffer_limit_bytes: options.bufferLimitBytes,
      }),
      filter_chains: [{ filters: [{ name: "hcm", typed_config: hcm }] }],
    }),
  );
  return compileListener(fromJson(ListenerSchema, json, { registry: apiRegistry() }), context);
}

const ANY = "type.googleapis.com/";

/** One request on a connection of its own; fails when it is reset or takes longer than the deadline. */
function send(port: number, message: Parameters<FilterProxy["send"]>[0]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        port,
        host: "127.0.0.1",
        agent: false,
        method: message.method ?? (message.body === undefined ? "GET" : "POST"),
        path: message.path ?? "/",
        headers: message.headers ?? {},
        signal: AbortSignal.timeout(DEADLINE_MS),
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode, headers } = response;
          resolve({ status: statusCode ?? 0, headers, body });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(message.body);
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      assert.ok(isAddress(address));
      resolve(address.port);
    });
  });
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
