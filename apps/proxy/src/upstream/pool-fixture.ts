import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import type { ConnectionInfo } from "@sluice/extension-api";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { BreakerLimits } from "../cluster/breaker-limits.ts";
import { circuitBreakerPage, standingOf } from "../cluster/circuit-breaker.ts";
import { compileCluster } from "../cluster/compile-cluster.ts";
import { hostStatsPage } from "../cluster/host-stats.ts";
import { WorkerClusterManager } from "../cluster/worker-cluster-manager.ts";
import { systemClock, systemRandom, systemTimers } from "../event/system-time.ts";
import { standardExtensions } from "../extensions/standard.ts";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../http/codec.ts";
import { Headers } from "../http/header-map.ts";
import { RuntimeSnapshot } from "../runtime/runtime-snapshot.ts";
import { NO_SECRETS } from "../secret/secret-lookup.ts";
import { eventually, portOf } from "../server/proxy-process-fixture.ts";
import { discardingStats } from "../stats/thread-stats.ts";
import { drainHost, httpPoolFor } from "./host-pools.ts";
import type { HttpPool, PoolWaiter } from "./http-pool.ts";

const extensions = standardExtensions();

/** A server of raw sockets whose test decides what it answers. */
export class RawServer {
  readonly sockets: Socket[] = [];
  /** All that arrived, by connection in order of arrival. */
  readonly received: string[] = [];
  port = 0;
  private readonly server: Server;

  constructor() {
    this.server = createServer((socket) => {
      const index = this.sockets.push(socket) - 1;
      this.received.push("");
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        this.received[index] += chunk.toString("latin1");
      });
    });
  }

  async listen(port = 0, address = "127.0.0.1"): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, address, resolve));
    this.port = portOf(this.server.address());
  }

  get open(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A request that a test sends through a pool, and what came of it. */
export class TestRequest implements PoolWaiter, ResponseStream {
  readonly highPriority: boolean;
  readonly response = this;
  readonly meter = undefined;
  encoder: RequestEncoder | undefined = undefined;
  connection: ConnectionInfo | undefined = undefined;
  failure: StreamResetReason | undefined = undefined;
  reset: StreamResetReason | undefined = undefined;
  headers: Headers | undefined = undefined;
  body = "";
  trailers: Headers | undefined = undefined;
  complete = false;

  constructor(highPriority = false) {
    this.highPriority = highPriority;
  }

  onReady(encoder: RequestEncoder, connection: ConnectionInfo): void {
    this.encoder = encoder;
    this.connection = connection;
    const head = [":method", "GET", ":path", "/", ":authority", "web", ":scheme", "http"];
    encoder.encodeHeaders(new Headers(head), true);
  }
  onFailure(reason: StreamResetReason): void {
    this.failure = reason;
  }
  decode1xxHeaders(): void {}
  decodeHeaders(headers: Headers, endStream: boolean): void {
    this.headers = headers;
    this.complete = endStream;
  }
  decodeData(chunk: Uint8Array, endStream: boolean): void {
    this.body += Buffer.from(chunk).toString("latin1");
    this.complete = endStream;
  }
  decodeTrailers(trailers: Headers): void {
    this.trailers = trailers;
    this.complete = true;
  }
  onReset(reason: StreamResetReason): void {
    this.reset = reason;
  }

  async ready(): Promise<this> {
    await eventually("a connection for the request", () => this.encoder ?? this.failure);
    return this;
  }
  async answered(): Promise<this> {
    await eventually("the response's end", () =>
      this.complete || this.reset !== undefined ? true : undefined,
    );
    return this;
  }
}

/** A cluster of one host at `port`, in a worker of its own. `settings`: of the Cluster. */
export function startCluster(port: number, settings: Record<string, JsonValue>, ip = "127.0.0.1") {
  const address = { socket_address: { address: ip, port_value: port } };
  const compiled = compileCluster(
    fromJson(ClusterSchema, {
      name: "web",
      connect_timeout: "1s",
      load_assignment: { cluster_name: "web", endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
      ...settings,
    }),
    extensions,
  );
  assert.ok(compiled.ok, JSON.stringify(compiled));
  const { config, assignment } = compiled.value;
  const breakers = circuitBreakerPage(1, config.thresholds);
  const manager = new WorkerClusterManager({
    stats: discardingStats(),
    random: systemRandom,
    clock: systemClock,
    timers: systemTimers,
    runtime: new RuntimeSnapshot(),
    extensions,
    secrets: NO_SECRETS,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    workerIndex: 0,
    localInfo: { region: "", zone: "", subZone: "" },
    localCluster: "",
    compilePolicies: () => assert.fail("pools know of no policies"),
    onHostsRemoved: (hosts) => hosts.forEach(drainHost),
  });
  const specs = assignment.endpoints.map((one) => ({ ...one, key: one.address, page: hostStatsPage(1) }));
  manager.set(config, breakers, specs);
  const host = manager.get("web")?.chooseHost({
    requestHeaders: undefined,
    computeHash: () => undefined,
    shouldSelectAnotherHost: () => false,
    hostSelectionAttempts: 1,
  });
  assert.ok(host);
  /** Connections counted: of the default priority, of the high one. */
  const counted = (): number[] =>
    (["default", "high"] as const).map((priority) => {
      const { thresholds } = config;
      const limits = new BreakerLimits("web", priority, thresholds[priority], new RuntimeSnapshot());
      return standingOf(breakers, priority, thresholds, limits)[0]?.used ?? 0;
    });
  const poolOf = (
    highPriority: boolean,
    client: { readonly id: number } | undefined,
  ): HttpPool | undefined => {
    const info = manager.get("web")?.info;
    assert.ok(info);
    const downstreamConnection =
      client === undefined ? undefined : { ...client, remoteAddress: "", localAddress: "" };
    const user = { highPriority, downstreamProtocol: undefined, downstreamConnection };
    return httpPoolFor(info, host, user, { clock: systemClock, timers: systemTimers, random: systemRandom });
  };
  const sendTo = (pool: HttpPool | undefined, highPriority: boolean): TestRequest => {
    const request = new TestRequest(highPriority);
    if (pool === undefined) request.onFailure("overflow");
    pool?.newStream(request);
    return request;
  };
  const send = (highPriority = false): TestRequest => sendTo(poolOf(highPriority, undefined), highPriority);
  const sendFor = (client: { readonly id: number }): TestRequest => sendTo(poolOf(false, client), false);
  const cancel = (request: TestRequest): void => poolOf(request.highPriority, undefined)?.cancel(request);
  return { manager, config, breakers, specs, host, counted, send, sendFor, cancel };
}
