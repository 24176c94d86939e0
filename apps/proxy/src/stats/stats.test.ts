import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { extractTags } from "./extract-tags.ts";
import { binOf, HISTOGRAM_BINS, histogramView, quantilesOf } from "./log-linear-histogram.ts";
import { statsDefinedBy } from "./recording-scope.ts";
import { StatsRegistry } from "./stats-registry.ts";
import { ThreadStats } from "./thread-stats.ts";

function view(values: readonly number[]) {
  const bins = new Float64Array(HISTOGRAM_BINS);
  for (const value of values) bins[binOf(value)] = (bins[binOf(value)] ?? 0) + 1;
  return histogramView(bins);
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

test("threads are summed; an ended thread leaves its counters and takes its gauges", () => {
  const registry = new StatsRegistry();
  const threads = [0, 1].map(
    (worker) => new ThreadStats((definitions) => registry.attach(worker, definitions)),
  );
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
  const thread = new ThreadStats((definitions) => registry.attach(0, definitions));
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
