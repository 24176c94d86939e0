import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { extractTags } from "./extract-tags.ts";
import { binOf, HISTOGRAM_BINS, histogramView, quantilesOf } from "./log-linear-histogram.ts";
import { statsDefinedBy } from "./recording-scope.ts";
import { type Slot, SlotPages } from "./slot-pages.ts";
import { StatsRegistry } from "./stats-registry.ts";
import { ThreadStats } from "./thread-stats.ts";

function view(values: readonly number[]) {
  const bins = new Float64Array(HISTOGRAM_BINS);
  for (const value of values) bins[binOf(value)] = (bins[binOf(value)] ?? 0) + 1;
  return histogramView(bins);
}

function threadOf(registry: StatsRegistry, worker: number): ThreadStats {
  return new ThreadStats({
    define: (definitions) => registry.attach(worker, definitions),
    release: (release) => registry.release(worker, release),
  });
}

test("quantiles are those that Envoy 1.40 printed for the same values", () => {
  assert.deepEqual(
    quantilesOf(view([1, 2, 4])),
    [1.05, 1.05, 2.05, 4.05, 4.05, 4.05, 4.05, 4.05, 4.05, 4.05],
  );
  assert.deepEqual(quantilesOf(view([1, 1, 1])).slice(0, 4), [1.025, 1.025, 1.05, 1.075]);
  assert.deepEqual(quantilesOf(view([12])), Array(10).fill(12.5));
  assert.deepEqual(quantilesOf(view([0, 0])), Array(10).fill(0));
  assert.ok(quantilesOf(view([])).every(Number.isNaN));
});

test("every value lies in its bin, over the whole range", () => {
  for (let exponent = -3; exponent < 9; exponent++) {
    for (let mantissa = 10; mantissa < 100; mantissa++) {
      const value = Number(`${mantissa}e${exponent - 1}`);
      const [low] = quantilesOf(view([value]));
      assert.ok(low !== undefined && low >= value && low <= value * 1.1, `${value} is shown as ${low}`);
    }
  }
  assert.equal(binOf(Number.NaN), 0);
  assert.equal(binOf(-5), 0);
  assert.equal(binOf(1e15), HISTOGRAM_BINS - 1);
});

test("tags are cut out of names by Envoy's default rules", () => {
  assert.deepEqual(extractTags("cluster.web.upstream_rq_5xx"), {
    name: "cluster.upstream_rq_xx",
    tags: [
      ["envoy.response_code_class", "5"],
      ["envoy.cluster_name", "web"],
    ],
  });
  assert.deepEqual(extractTags("cluster.web.upstream_rq_503").name, "cluster.upstream_rq");
  assert.deepEqual(extractTags("listener.127.0.0.1_19000.http.ingress.downstream_rq_2xx"), {
    name: "listener.http.downstream_rq_xx",
    tags: [
      ["envoy.response_code_class", "2"],
      ["envoy.http_conn_manager_prefix", "ingress"],
      ["envoy.listener_address", "127.0.0.1_19000"],
    ],
  });
  assert.deepEqual(extractTags("http.in.rds.main.version").tags, [
    ["envoy.rds_route_config", "main"],
    ["envoy.http_conn_manager_prefix", "in"],
  ]);
  assert.deepEqual(extractTags("vhost.shop.route.cart.upstream_rq_total"), {
    name: "vhost.route.upstream_rq_total",
    tags: [
      ["envoy.virtual_host", "shop"],
      ["envoy.route", "cart"],
    ],
  });
  assert.deepEqual(extractTags("server.live"), { name: "server.live", tags: [] });
});

test("more names as Prometheus sees them", () => {
  const seen = (name: string): string => {
    const { name: rest, tags } = extractTags(name);
    return `${rest} ${tags.map(([tag, value]) => `${tag.replace("envoy.", "")}=${value}`).join(" ")}`;
  };
  for (const [name, expected] of [
    [
      "listener.web.worker_1.downstream_cx_total",
      "listener.worker_downstream_cx_total worker_id=1 listener_address=web",
    ],
    ["listener.admin.main_thread.downstream_cx_total", "listener.admin.main_thread.downstream_cx_total "],
    ["server.worker_0.watchdog_miss", "server.worker_watchdog_miss worker_id=0"],
    ["cluster.a.ssl.ciphers.TLS_X", "cluster.ssl.ciphers cipher_suite=TLS_X cluster_name=a"],
    ["listener.a.ssl.ciphers.TLS_X", "listener.ssl.ciphers ssl_cipher=TLS_X listener_address=a"],
    ["cluster.a.ssl.curves.P-256", "cluster.ssl.curves ssl_curve=P-256 cluster_name=a"],
    [
      "cluster.a.grpc.p.S.M.success",
      "cluster.grpc.M.success grpc_bridge_method=S grpc_bridge_service=p cluster_name=a",
    ],
    [
      "cluster.a.health_check.name.b.attempt",
      "cluster.health_check.attempt health_check_name=b cluster_name=a",
    ],
    [
      "http.in.fault.me.aborts_injected",
      "http.fault.aborts_injected fault_downstream_cluster=me http_conn_manager_prefix=in",
    ],
    ["http.in.fault.active_faults", "http.fault.active_faults http_conn_manager_prefix=in"],
    [
      "http.in.rbac.policy.no.denied",
      "http.rbac.policy.denied rbac_policy_name=no http_conn_manager_prefix=in",
    ],
    [
      "http.in.rbac.pre.policy.no.denied",
      "http.rbac.policy.denied rbac_policy_name=no rbac_http_prefix=pre http_conn_manager_prefix=in",
    ],
    ["tcp_rules.rbac.allowed", "rbac.allowed rbac_prefix=tcp_rules"],
    ["proxy_proto.versions.v1.found", "proxy_proto.found proxy_protocol_version=1"],
    [
      "proxy_proto.pre.versions.v2.found",
      "proxy_proto.found proxy_protocol_prefix=pre proxy_protocol_version=2",
    ],
    ["sds.cert.update_success", "sds.update_success xds_resource_name=cert"],
    [
      "vhost.v.vcluster.c.upstream_rq_total",
      "vhost.vcluster.upstream_rq_total virtual_cluster=c virtual_host=v",
    ],
  ] as const)
    assert.equal(seen(name), expected);
});

test("threads are summed; an ended thread leaves its counters and takes its gauges", () => {
  const registry = new StatsRegistry();
  const threads = [0, 1].map((worker) => threadOf(registry, worker));
  for (const thread of threads) {
    thread.root().scope("a").counter("total").add(5);
    thread.root().scope("a").gauge("active").set(2);
    thread.root().scope("a").histogram("ms").record(7);
    thread.flushDefinitions();
  }
  assert.equal(registry.value("a.total"), 10);
  assert.equal(registry.value("a.active"), 4);
  registry.detach(1);
  assert.equal(registry.value("a.total"), 10);
  assert.equal(registry.value("a.active"), 2);
  const counts: number[] = [];
  const read = () =>
    registry.flush((scalars, histograms) => {
      counts.push(scalars.find(({ name }) => name === "a.total")?.delta ?? -1);
      counts.push(histograms[0]?.interval.count ?? -1, histograms[0]?.cumulative.count ?? -1);
    });
  read();
  threads[0]?.root().scope("a").counter("total").inc();
  read();
  assert.deepEqual(
    counts.filter((_, index) => index % 3 !== 1),
    [10, 2, 1, 2],
  );
  assert.equal(counts[4], 0);
});

test("a thread may have more stats than fit a page, and one name is one stat", () => {
  const registry = new StatsRegistry();
  const thread = threadOf(registry, 0);
  for (let index = 0; index < 5000; index++) thread.root().counter(`c${index}`).add(index);
  thread.root().counter("c4999").inc();
  thread.flushDefinitions();
  assert.equal(registry.value("c4999"), 5000);
  assert.equal(registry.value("c17"), 17);
});

describe("declared stats", () => {
  it("are listed as 0 until something defines them, and are no part of what sinks get", () => {
    const registry = new StatsRegistry();
    const stats = statsDefinedBy((scope) => {
      scope.counter("a");
      scope.scope("in").gauge("b");
      scope.histogram("c");
    });
    registry.declare(() => ["cluster.one.", "cluster.two."], stats);
    registry.root().scope("cluster").scope("one").counter("a").add(3);
    const listed = registry.scalars().map(({ name, value, used }) => [name, value, used]);
    assert.deepEqual(listed, [
      ["cluster.one.a", 3, true],
      ["cluster.one.in.b", 0, false],
      ["cluster.two.a", 0, false],
      ["cluster.two.in.b", 0, false],
    ]);
    assert.equal(registry.histograms().length, 2);
    registry.flush((scalars, histograms) => {
      assert.deepEqual([scalars.map(({ name }) => name), histograms.length], [["cluster.one.a"], 0]);
    });
  });
});

describe("leases on stats", () => {
  function twoThreads() {
    const registry = new StatsRegistry();
    return { registry, threads: [threadOf(registry, 0), threadOf(registry, 1)] as const };
  }
  const names = (registry: StatsRegistry): string[] => registry.scalars().map(({ name }) => name);

  it("show a stat until the last thread has released its scope", () => {
    const { registry, threads } = twoThreads();
    const leases = threads.map((thread) => thread.lease());
    for (const lease of leases) {
      lease.root.scope("cluster").scope("a").counter("total").add(2);
      lease.root.scope("cluster").scope("a").gauge("active").set(1);
      lease.root.scope("cluster").scope("a").histogram("ms").record(3);
    }
    for (const thread of threads) thread.flushDefinitions();
    assert.deepEqual([registry.value("cluster.a.total"), registry.value("cluster.a.active")], [4, 2]);
    leases[0]?.release();
    // What it had counted stays, what it had under way goes.
    assert.deepEqual([registry.value("cluster.a.total"), registry.value("cluster.a.active")], [4, 1]);
    registry.flush(undefined);
    assert.equal(registry.histograms()[0]?.cumulative.count, 2);
    leases[1]?.release();
    assert.deepEqual([names(registry), registry.histograms()], [[], []]);
    threads[0].lease().root.scope("cluster").scope("a").counter("total").inc();
    threads[0].flushDefinitions();
    assert.equal(registry.value("cluster.a.total"), 1, "starts at zero");
  });

  it("let counters go on where the next configuration has its lease before the old one is released", () => {
    const { registry, threads } = twoThreads();
    const old = threads[0].lease();
    const scope = old.root.scope("http").scope("in");
    scope.counter("total").add(5);
    scope.counter("made when first counted").add(6);
    const next = threads[0].lease();
    const same = next.root.scope("http").scope("in").counter("total");
    old.release();
    same.inc();
    threads[0].flushDefinitions();
    assert.equal(registry.value("http.in.total"), 6);
    assert.equal(registry.value("http.in.made when first counted"), 6);
  });

  it("take no count of what comes after the release, and define nothing then", () => {
    const { registry, threads } = twoThreads();
    const lease = threads[0].lease();
    const scope = lease.root.scope("cluster").scope("a");
    const total = scope.counter("total");
    const histogram = scope.histogram("ms");
    lease.release();
    total.inc();
    histogram.record(1);
    scope.counter("another").inc();
    scope.scope("deeper").gauge("one").set(1);
    threads[0].flushDefinitions();
    assert.deepEqual([names(registry), registry.histograms()], [[], []]);
  });

  it("forget texts of a scope, and what only an ended worker had counted below it", () => {
    const { registry, threads } = twoThreads();
    const lease = registry.lease();
    const scope = lease.root.scope("cluster").scope("a");
    scope.gauge("version").set(1);
    registry.setText(`${scope.prefix}version_text`, "7");
    threads[0].root().scope("cluster").scope("a").counter("total").inc();
    threads[0].flushDefinitions();
    registry.detach(0);
    assert.equal(registry.value("cluster.a.total"), 1);
    lease.release();
    assert.deepEqual([names(registry), [...registry.texts()]], [[], []]);
  });
});

/** In a function of its own, whose frame holds them no longer. */
function giveUpTen(pages: SlotPages): { readonly kept: Slot; readonly places: readonly number[] } {
  const kept = pages.allocate(0);
  const slots = [kept, ...Array.from({ length: 9 }, (_, id) => pages.allocate(1 + id))];
  for (const slot of slots) {
    slot.set(9);
    pages.giveUp(slot, 1);
  }
  return { kept, places: slots.map(({ index }) => index) };
}

describe("slots", () => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");

  it("are used again, zeroed, once nothing can write them and the main thread has forgotten them", async () => {
    assert.ok(typeof collect === "function");
    const pages = new SlotPages();
    const { kept, places } = giveUpTen(pages);
    const collected = async (): Promise<void> => {
      for (let times = 0; times < 5; times++) {
        collect();
        await nextTurn();
      }
    };
    await collected();
    assert.equal(places.includes(pages.allocate(20).index), false, "the main thread may still read them");
    pages.acknowledge(1);
    const again = Array.from({ length: 9 }, (_, id) => pages.allocate(30 + id));
    assert.deepEqual(new Set(again.map(({ index }) => index)), new Set(places.slice(1)));
    assert.ok(again.every(({ value }) => value === 0));
    assert.equal(kept.value, 9, "who still has a slot has it alone");
  });
});

describe("a list of all stats", () => {
  const DECLARED = statsDefinedBy((scope) => {
    for (const name of ["b", "d.x", "a", "upstream_rq_5xx"]) scope.counter(name);
    scope.scope("http2").gauge("streams_active");
    scope.histogram("ms");
  });

  it("is in the order of names whatever clusters are called, each once", () => {
    const registry = new StatsRegistry();
    const clusters = ["a", "a.b", "a-b", "b", "a.b.c", "ssl", "zz"];
    registry.declare(() => clusters.map((name) => `cluster.${name}.`), DECLARED);
    for (const name of [
      "server.live",
      "server",
      "a",
      "cluster_manager.x",
      "http.in.total",
      "listener.0.0.0.0_1.x",
    ])
      registry.root().counter(name);
    for (const name of ["a", "a.b", "gone"]) {
      const scope = registry.root().scope("cluster").scope(name);
      for (const stat of ["aa", "b", "e", "http2.streams_active"]) scope.gauge(stat).set(1);
    }
    registry.addSource((visit) =>
      visit({ name: "cluster.a.endpoint.x", tagged: { name: "", tags: [] }, kind: "gauge", value: 1 }),
    );
    const listed = registry.scalars().map(({ name }) => name);
    assert.deepEqual(listed, [...new Set(listed)].sort());
    assert.equal(listed.filter((name) => name.startsWith("cluster.zz.")).length, 5);
    assert.ok(listed.includes("cluster.a.b.d.x") && listed.includes("cluster.a.endpoint.x"));
    assert.equal(registry.histograms().length, clusters.length);
  });

  it("has the tags that the rules give each name by itself", () => {
    const registry = new StatsRegistry();
    const clusters = ["a", "a.b", "ssl", "x_rq_5xx", "http", "vhost.v"];
    const below = statsDefinedBy((scope) => {
      for (const name of ["upstream_rq_503", "upstream_rq_5xx", "versions.TLSv1.3", "ssl.ciphers.X", "total"])
        scope.counter(name);
      scope.scope("endpoint").scope("127.0.0.1:80").counter("rq_total");
    });
    registry.declare(() => clusters.map((name) => `cluster.${name}.`), below);
    for (const { name, tagged } of registry.scalars()) assert.deepEqual(tagged, extractTags(name), name);
  });

  it("tells sinks of each count once, also of those that come while it is read", () => {
    const registry = new StatsRegistry();
    const counter = registry.root().counter("total");
    const deltas: number[] = [];
    for (let round = 0; round < 3; round++) {
      counter.add(2);
      registry.flush((scalars) => {
        deltas.push(scalars[0]?.delta ?? -1);
        counter.inc();
      });
    }
    assert.deepEqual(deltas, [2, 3, 3]);
  });
});
