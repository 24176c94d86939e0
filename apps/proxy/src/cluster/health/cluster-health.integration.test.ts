import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { connect, createServer as createTcpServer } from "node:net";
import { after, describe, it } from "node:test";
import { waitFor } from "@sluice/harness";
import { systemClock, systemRandom, systemTimers } from "../../event/system-time.ts";
import { RuntimeSnapshot } from "../../runtime/runtime-snapshot.ts";
import { ThreadStats } from "../../stats/thread-stats.ts";
import type { HostSpec } from "../cluster-config.ts";
import { testHostSpec } from "../testing/test-host-spec.ts";
import { ClusterHealth } from "./cluster-health.ts";
import type { HealthCheckConfig } from "./health-check-config.ts";
import { HealthFlag } from "./health-flag.ts";

const TIMES: Omit<HealthCheckConfig, "check"> = {
  name: "",
  timeoutMs: 2_000,
  intervalMs: 10,
  initialJitterMs: 0,
  intervalJitterMs: 0,
  intervalJitterPercent: 0,
  unhealthyThreshold: 1,
  healthyThreshold: 1,
  reuseConnection: true,
  noTrafficIntervalMs: 10,
  noTrafficHealthyIntervalMs: 10,
  unhealthyIntervalMs: 10,
  unhealthyEdgeIntervalMs: 10,
  healthyEdgeIntervalMs: 10,
  eventLogPaths: [],
  alwaysLogFailures: false,
  alwaysLogSuccess: false,
  alpn: undefined,
  socketMatch: undefined,
};

const NO_CHANGES = { add: [], remove: [] };

const host = (port: number): HostSpec => testHostSpec(`127.0.0.1:${port}`, { host: "127.0.0.1", port });

function watch(
  checks: readonly HealthCheckConfig["check"][],
  keepHealthyRemoved = false,
  times: Partial<typeof TIMES> = {},
): ClusterHealth {
  const health = new ClusterHealth({
    clusterName: "checked",
    checks: checks.map((check, index) => ({
      ...TIMES,
      ...times,
      name: checks.length > 1 ? `check${index}` : "",
      check,
    })),
    outlier: undefined,
    outlierEventLogPath: "",
    keepHealthyRemoved,
    ignoreNewHosts: false,
    concurrency: 1,
    connectTimeoutMs: 1_000,
    secure: false,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    runtime: new RuntimeSnapshot(),
    stats: new ThreadStats({ define() {}, release() {} }).root(),
    connect: (_host, to) => connect("path" in to ? { path: to.path } : { host: to.host, port: to.port }),
    hadTraffic: () => true,
    appendLine: () => {},
    onChange: () => {},
  });
  after(() => health.stop());
  return health;
}

/** A gRPC health service that says what `state.serving` says; requests by their path and authority. */
async function startGrpcHealth(state: { serving: number; readonly seen: string[] }): Promise<number> {
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    const body: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => body.push(chunk));
    stream.on("end", () => {
      state.seen.push(`${headers[":authority"]} ${headers[":path"]} ${Buffer.concat(body).toString("hex")}`);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, state.serving]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("the health of a cluster's hosts", () => {
  it("follows a gRPC health service", async () => {
    const state = { serving: 1, seen: [] as string[] };
    const port = await startGrpcHealth(state);
    const health = watch([{ kind: "grpc", serviceName: "shop", authority: "", headers: NO_CHANGES }]);
    health.update([host(port)]);
    assert.equal(health.hosts()[0]?.health, "unhealthy");
    assert.equal(health.firstRoundDone, false);
    const until = (wanted: string): Promise<unknown> =>
      waitFor(wanted, async () => health.hosts()[0]?.health === wanted, { deadlineMs: 5_000, intervalMs: 5 });
    await until("healthy");
    assert.equal(health.firstRoundDone, true);
    assert.equal(state.seen[0], "checked /grpc.health.v1.Health/Check 00000000060a0473686f70");
    state.serving = 2;
    await until("unhealthy");
    state.serving = 1;
    await until("healthy");
  });

  it("speaks HTTP/2 where it is told to", async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/hc" ? 200 : 404;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    after(() => server.close());
    const address = server.address();
    const health = watch([
      {
        kind: "http",
        host: "",
        path: "/hc",
        method: "GET",
        send: new Uint8Array(0),
        receive: [],
        responseBufferBytes: 1024,
        headers: NO_CHANGES,
        expectedStatuses: [{ start: 200, end: 201 }],
        retriableStatuses: [],
        http2: true,
        byAlpn: false,
        serviceName: undefined,
      },
    ]);
    health.update([host(typeof address === "object" && address !== null ? address.port : 0)]);
    await waitFor("health", async () => health.hosts()[0]?.health === "healthy", {
      deadlineMs: 5_000,
      intervalMs: 5,
    });
  });

  it("tells of several checks that one had no answer, until that one has it again", async () => {
    const answer = { given: false };
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => answer.given && socket.write("pong"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    after(() => server.close());
    const address = server.address();
    const tcp = (send: string, receive: readonly string[]) => ({
      kind: "tcp" as const,
      proxyVersion: undefined,
      send: Buffer.from(send),
      receive: receive.map((text) => Buffer.from(text)),
    });
    const health = watch([tcp("", []), tcp("ping", ["pong"])], false, { timeoutMs: 50 });
    health.update([host(typeof address === "object" && address !== null ? address.port : 0)]);
    const flags = (): number => health.hosts()[0]?.flags ?? 0;
    const until = (what: string, wanted: number) => waitFor(what, () => flags() === wanted);
    await until("no answer", HealthFlag.FailedActiveHc | HealthFlag.ActiveHcTimeout);
    answer.given = true;
    await until("an answer", 0);
    assert.equal(health.hosts()[0]?.health, "healthy");
    answer.given = false;
    await until("none again", HealthFlag.FailedActiveHc | HealthFlag.ActiveHcTimeout);
    assert.equal(health.hosts()[0]?.health, "unhealthy");
  });

  it("keeps a healthy host that discovery no longer names until it fails", async () => {
    const state = { serving: 1, seen: [] };
    const port = await startGrpcHealth(state);
    const health = watch([{ kind: "grpc", serviceName: "", authority: "", headers: NO_CHANGES }], true);
    health.update([host(port)]);
    await waitFor("health", async () => health.hosts()[0]?.health === "healthy", {
      deadlineMs: 5_000,
      intervalMs: 5,
    });
    health.update([]);
    assert.equal(health.hosts().length, 1);
    state.serving = 2;
    await waitFor("it goes", async () => health.hosts().length === 0, { deadlineMs: 5_000, intervalMs: 5 });
  });
});
