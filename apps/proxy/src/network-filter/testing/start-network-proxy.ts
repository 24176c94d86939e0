import assert from "node:assert/strict";
import { connect, createServer, type Server, Socket } from "node:net";
import { fromJson } from "@bufbuild/protobuf";
import type { StatsScope } from "@sluice/extension-api";
import { apiRegistry } from "@sluice/xds";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { oneHostCluster } from "../../cluster/testing/one-host-cluster.ts";
import type { ThreadLocalCluster } from "../../cluster/thread-local-cluster.ts";
import { compileListener } from "../../filter-chain/compile-listener.ts";
import { RuntimeSnapshot } from "../../runtime/runtime-snapshot.ts";
import { ReadableStats } from "../../stats/testing/readable-stats.ts";
import { discardingStats } from "../../stats/thread-stats.ts";
import { testWorkerContext } from "../../worker/testing/test-worker-context.ts";
import type { WorkerContext } from "../../worker/worker-context.ts";

export interface NetworkProxyOptions {
  /** `filters` of the one filter chain, in proto JSON: configuration by the last part of its message's full name. */
  readonly filters: readonly NetworkFilterJson[];
  /** Further fields of the listener. */
  readonly listener?: object;
  /** What the upstream of cluster `up` does with its connections; without it the cluster's host refuses them. */
  readonly upstream?: (socket: Socket) => void;
  /** How many connections to the upstream fail before one succeeds, each after 50 ms; default 0. */
  readonly failingConnects?: number;
  /** `per_connection_buffer_limit_bytes` of the listener and the cluster. */
  readonly bufferLimitBytes?: number;
  readonly context?: Partial<WorkerContext>;
}

export interface NetworkFilterJson {
  readonly name?: string;
  /** `envoy.extensions.filters.network.echo.v3.Echo`. */
  readonly type: string;
  readonly config?: object;
}

/** A listener with the given network filters, over real sockets. */
export interface NetworkProxy {
  readonly port: number;
  readonly runtime: RuntimeSnapshot;
  readonly activeConnections: number;
  /** A counter's or gauge's value, 0 when there is none. */
  stat(name: string): number;
  close(): Promise<void>;
}

/** Fails with the problems when the configuration is refused. */
export async function startNetworkProxy(options: NetworkProxyOptions): Promise<NetworkProxy> {
  const sockets = new Set<Socket>();
  const upstream = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    options.upstream?.(socket);
  });
  const upstreamPort = await listen(upstream);
  if (options.upstream === undefined) await new Promise<void>((done) => upstream.close(() => done()));
  const stats = new ReadableStats();
  const runtime = new RuntimeSnapshot();
  const context = testContext(options, upstreamPort, stats.root(), runtime);
  const compiled = compileListener(listenerOf(options), context);
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.problems));
  const active = compiled.value;
  const proxy = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
    active.onAccept(socket),
  );
  const port = await listen(proxy);
  return {
    port,
    runtime,
    get activeConnections() {
      return active.activeConnections;
    },
    stat: (name) => stats.value(name),
    async close() {
      active.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => proxy.close(() => done()));
      if (upstream.listening) await new Promise<void>((done) => upstream.close(() => done()));
    },
  };
}

/** The problems that the configuration is refused for, one a line; "" when it is taken. */
export function networkRefusalOf(options: NetworkProxyOptions): string {
  const context = testContext(options, 1, discardingStats(), new RuntimeSnapshot());
  const compiled = compileListener(listenerOf(options), context);
  if (compiled.ok) {
    compiled.value.close();
    return "";
  }
  return compiled.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
}

function listenerOf(options: NetworkProxyOptions) {
  const json = JSON.parse(
    JSON.stringify({
      name: "l",
      ...(options.bufferLimitBytes !== undefined && {
        per_connection_buffer_limit_bytes: options.bufferLimitBytes,
      }),
      filter_chains: [
        {
          filters: options.filters.map(({ name, type, config }) => ({
            name: name ?? type,
            typed_config: { "@type": `type.googleapis.com/${type}`, ...config },
          })),
        },
      ],
      ...options.listener,
    }),
  );
  return fromJson(ListenerSchema, json, { registry: apiRegistry() });
}

function testContext(
  options: NetworkProxyOptions,
  upstreamPort: number,
  stats: StatsScope,
  runtime: RuntimeSnapshot,
): WorkerContext {
  return testWorkerContext({ stats, runtime, ...options.context }, upstreamCluster(upstreamPort, options));
}

function upstreamCluster(port: number, options: NetworkProxyOptions): ThreadLocalCluster {
  let failing = options.failingConnects ?? 0;
  return oneHostCluster("up", port, {
    ...(options.bufferLimitBytes !== undefined && { bufferLimitBytes: options.bufferLimitBytes }),
    connect: () => (failing-- > 0 ? slowFailure() : connect(port, "127.0.0.1")),
  });
}

function slowFailure(): Socket {
  const socket = new Socket();
  setTimeout(() => socket.destroy(new Error("no route to host")), 50);
  return socket;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
