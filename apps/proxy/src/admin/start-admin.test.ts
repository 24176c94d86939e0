import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { BootstrapSchema } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { StatsRegistry } from "../stats/stats-registry.ts";
import type { AdminSource } from "./admin-source.ts";
import { type RunningAdmin, startAdmin } from "./start-admin.ts";

const stats = new StatsRegistry();
const calls: string[] = [];
let state: ReturnType<AdminSource["state"]> = "LIVE";
let admin: RunningAdmin;
const dir = mkdtempSync(join(tmpdir(), "sluice-admin-"));

const source: AdminSource = {
  stats,
  version: "sluice/test",
  state: () => state,
  startedAt: new Date(),
  bootstrap: create(BootstrapSchema, { node: { id: "n1", cluster: "c1" } }),
  commandLine: { concurrency: 2 },
  configurationNote: () => undefined,
  clusters: () => ({ version: "", active: [], warming: [] }),
  listeners: () => ({
    version: "v1",
    all: [
      {
        name: "web",
        message: create(ListenerSchema, { name: "web" }),
        source: "dynamic",
        state: "active",
        version: "v1",
        updatedAt: new Date(0),
        addresses: ["127.0.0.1:10000"],
      },
    ],
  }),
  routeConfigs: () => [],
  endpoints: () => [],
  runtimeLayers: () => [{ name: "admin", values: { a: 1 } }],
  logLevel: () => "info",
  setLogLevel: (level) => level === "debug",
  modifyRuntime: () => false,
  failHealthCheck: () => {
    state = "DRAINING";
  },
  passHealthCheck: () => {
    state = "LIVE";
  },
  drainListeners: (options) => calls.push(`drain ${JSON.stringify(options)}`),
  reopenLogs: () => calls.push("reopen"),
  quit: () => calls.push("quit"),
};

before(async () => {
  stats.root().counter("cluster.web.upstream_rq_total").add(3);
  stats.root().counter("cluster.web.upstream_rq_200").add(3);
  stats.root().gauge("server.live").set(1);
  stats.root().counter("http.in.downstream_rq_total");
  const histogram = stats.root().histogram("cluster.web.upstream_rq_time");
  for (let value = 1; value <= 100; value++) histogram.record(value);
  stats.setText("control_plane.identifier", "one");
  stats.flush(() => {});
  admin = await startAdmin(source, { host: "127.0.0.1", port: 0 }, join(dir, "address"));
});

after(async () => {
  await admin.close();
  rmSync(dir, { recursive: true, force: true });
});

async function ask(path: string, method = "GET") {
  const response = await fetch(`http://${admin.address}${path}`, { method });
  return { status: response.status, type: response.headers.get("content-type"), body: await response.text() };
}

test("the real address is written to the admin address path", () => {
  assert.equal(readFileSync(join(dir, "address"), "utf8"), admin.address);
});

test("/ready is 200 while live and 503 with the state otherwise", async () => {
  assert.deepEqual(await ask("/ready"), { status: 200, type: "text/plain; charset=UTF-8", body: "LIVE\n" });
  assert.equal((await ask("/healthcheck/fail", "POST")).body, "OK\n");
  assert.deepEqual(await ask("/ready"), {
    status: 503,
    type: "text/plain; charset=UTF-8",
    body: "DRAINING\n",
  });
  await ask("/healthcheck/ok", "POST");
  assert.equal((await ask("/ready")).status, 200);
});

test("what changes something needs POST, and an unknown path lists the known ones", async () => {
  assert.deepEqual(await ask("/quitquitquit"), {
    status: 405,
    type: "text/plain; charset=UTF-8",
    body: "Method GET not allowed, POST required.",
  });
  assert.deepEqual(calls, []);
  const unknown = await ask("/nope");
  assert.equal(unknown.status, 404);
  assert.match(unknown.body, /^invalid path\. admin commands are:\n {2}\/: Admin home page\n/);
  await ask("/drain_listeners?graceful", "POST");
  assert.deepEqual(calls, ['drain {"graceful":true,"skipExit":false,"inboundOnly":false}']);
});

test("/stats prints scalars sorted by name, then histograms with their quantiles", async () => {
  const { body } = await ask("/stats?filter=cluster.web");
  const lines = body.split("\n");
  assert.deepEqual(lines.slice(0, 2), ["cluster.web.upstream_rq_200: 3", "cluster.web.upstream_rq_total: 3"]);
  assert.match(
    lines[2] ?? "",
    /^cluster\.web\.upstream_rq_time: P0\([\d.]+,[\d.]+\) P25\(.*P50\(5\d(\.\d+)?,5\d(\.\d+)?\).*P99\.9\(.*P100\(/,
  );
  assert.equal((await ask("/stats?type=TextReadouts")).body, 'control_plane.identifier: "one"\n');
});

test("/stats takes usedonly, type, json and refuses what it does not know", async () => {
  assert.doesNotMatch((await ask("/stats?usedonly")).body, /downstream_rq_total/);
  assert.equal((await ask("/stats?type=Gauges&filter=^server.live$")).body, "server.live: 1\n");
  const parsed = JSON.parse((await ask("/stats?format=json&filter=upstream_rq_total")).body);
  assert.deepEqual(parsed, { stats: [{ name: "cluster.web.upstream_rq_total", value: 3 }] });
  assert.equal((await ask("/stats?format=html")).status, 400);
  assert.equal((await ask("/stats?filter=(")).status, 400);
});

test("/stats/prometheus has one TYPE per family, tags as labels, and cumulative buckets", async () => {
  const { body } = await ask("/stats/prometheus?filter=cluster.web");
  assert.match(
    body,
    /# TYPE envoy_cluster_upstream_rq_total counter\nenvoy_cluster_upstream_rq_total\{envoy_cluster_name="web"\} 3\n/,
  );
  assert.match(body, /envoy_cluster_upstream_rq\{envoy_response_code="200",envoy_cluster_name="web"\} 3\n/);
  assert.match(body, /envoy_cluster_upstream_rq_time_bucket\{envoy_cluster_name="web",le="50"\} \d+\n/);
  assert.match(body, /envoy_cluster_upstream_rq_time_bucket\{envoy_cluster_name="web",le="\+Inf"\} 100\n/);
  assert.match(body, /envoy_cluster_upstream_rq_time_count\{envoy_cluster_name="web"\} 100\n/);
});

test("/listeners and /config_dump show what is loaded, by format, resource and name", async () => {
  assert.equal((await ask("/listeners")).body, "web::127.0.0.1:10000\n");
  assert.deepEqual(JSON.parse((await ask("/listeners?format=json")).body), {
    listener_statuses: [
      { name: "web", local_address: { socket_address: { address: "127.0.0.1", port_value: 10000 } } },
    ],
  });
  const whole = JSON.parse((await ask("/config_dump")).body);
  assert.equal(whole.configs[0].bootstrap.node.id, "n1");
  const only = JSON.parse((await ask("/config_dump?resource=dynamic_listeners&name_regex=we.")).body);
  assert.equal(only.configs[0].active_state.listener.name, "web");
  assert.equal((await ask("/config_dump?resource=nothing")).status, 404);
  assert.equal((await ask("/config_dump?mask=x")).status, 400);
});

test("/logging and /runtime_modify say what is wrong", async () => {
  assert.equal((await ask("/logging?level=debug", "POST")).status, 200);
  assert.equal((await ask("/logging?level=loud", "POST")).status, 400);
  assert.deepEqual(await ask("/runtime_modify?a=1", "POST"), {
    status: 503,
    type: "text/plain; charset=UTF-8",
    body: "No admin layer specified\n",
  });
  assert.deepEqual(JSON.parse((await ask("/runtime")).body), {
    layers: ["admin"],
    entries: { a: { layer_values: ["1"], final_value: "1" } },
  });
});

test("/reset_counters zeroes counters and leaves gauges", async () => {
  await ask("/reset_counters", "POST");
  assert.equal((await ask("/stats?filter=upstream_rq_total")).body, "cluster.web.upstream_rq_total: 0\n");
  assert.equal((await ask("/stats?filter=^server.live$")).body, "server.live: 1\n");
});
