import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { fromJson } from "@bufbuild/protobuf";
import { StatsConfigSchema } from "@sluice/xds/gen/envoy/config/metrics/v3/stats_pb.js";
import { StatsRegistry } from "./stats-registry.ts";
import { compileStatsSettings, type StatsSettings } from "./stats-settings.ts";
import { StatsdWriter } from "./statsd-sink.ts";

const discardLog = { debug() {}, info() {}, warn() {}, error() {} };

function settings(json: Parameters<typeof fromJson<typeof StatsConfigSchema>>[1]): StatsSettings {
  const compiled = compileStatsSettings(fromJson(StatsConfigSchema, json), "stats_config");
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value;
}

test("own tags come before Envoy's, which may be left out; fixed values stand on every stat", () => {
  const own = settings({
    statsTags: [
      { tagName: "shop", regex: "^cluster\\.((\\w+?)_)" },
      { tagName: "host", fixedValue: "h" },
    ],
  });
  assert.deepEqual(own.tag("cluster.eu_web.upstream_rq_200"), {
    name: "cluster.upstream_rq",
    tags: [
      ["host", "h"],
      ["shop", "eu"],
      ["envoy.response_code", "200"],
      ["envoy.cluster_name", "eu_web"],
    ],
  });
  const bare = settings({ useAllDefaultTags: false, statsTags: [{ tagName: "envoy.response_code" }] });
  assert.deepEqual(bare.tag("cluster.web.upstream_rq_200").tags, [["envoy.response_code", "200"]]);
});

test("a tag without a rule is a problem; a rule without a group finds nothing", () => {
  const compiled = compileStatsSettings(
    fromJson(StatsConfigSchema, { statsTags: [{ tagName: "none" }, { tagName: "x", regex: "abc" }] }),
    "stats_config",
  );
  assert.equal(compiled.ok, false);
  assert.deepEqual(compiled.ok ? [] : compiled.problems.map(({ path }) => path), [
    "stats_config.stats_tags[0]",
  ]);
  const lone = settings({ statsTags: [{ tagName: "x", regex: "abc" }], useAllDefaultTags: false });
  assert.deepEqual(lone.tag("a.abc"), { name: "a.abc", tags: [] });
});

test("a rule may look ahead and name POSIX's classes, but not look behind", () => {
  const own = settings({
    useAllDefaultTags: false,
    statsTags: [{ tagName: "prefix", regex: "^listener(?=\\.).*?\\.http\\.(([_[:digit:]a-z]*)\\.)" }],
  });
  assert.deepEqual(own.tag("listener.0.0.0.0_80.http.in_1.downstream_rq"), {
    name: "listener.0.0.0.0_80.http.downstream_rq",
    tags: [["prefix", "in_1"]],
  });
  assert.deepEqual(own.tag("listenerx.http.in_1.a").tags, []);
  for (const regex of ["(?<=a)(b)", "(?<n>a)\\k<n>", "(a"]) {
    const config = fromJson(StatsConfigSchema, { statsTags: [{ tagName: "x", regex }] });
    assert.equal(compileStatsSettings(config, "stats_config").ok, false, regex);
  }
});

test("a matcher takes stats out, and histograms get the buckets that are set for them", () => {
  const registry = new StatsRegistry(
    settings({
      statsMatcher: { exclusionList: { patterns: [{ prefix: "a." }] } },
      histogramBucketSettings: [{ match: { suffix: "_ms" }, buckets: [5, 1] }],
    }),
  );
  registry.root().counter("a.x").inc();
  registry.root().counter("b.x").inc();
  registry.root().histogram("b.time_ms").record(2);
  registry.root().histogram("b.size").record(2);
  assert.deepEqual(
    registry.scalars().map(({ name }) => name),
    ["b.x"],
  );
  assert.deepEqual(
    registry.histograms().map(({ bounds }) => bounds.length),
    [19, 2],
  );
});

test("statsd gets increases, gauges and timers that count every value", async () => {
  const receiver = createSocket("udp4");
  receiver.bind(0, "127.0.0.1");
  await once(receiver, "listening");
  const lines: string[] = [];
  const done = new Promise<void>((resolve) => {
    receiver.on("message", (message) => {
      lines.push(...message.toString().split("\n"));
      if (lines.length >= 3) resolve();
    });
  });
  const target = { kind: "udp", host: "127.0.0.1", port: receiver.address().port } as const;
  const sink = new StatsdWriter(
    { target, prefix: "p", tags: true, datagramBytesMax: 1000 },
    () => undefined,
    discardLog,
  );
  const registry = new StatsRegistry();
  registry.root().counter("cluster.web.upstream_rq_total").add(3);
  registry.root().gauge("server.live").set(1);
  for (let i = 0; i < 4; i++) registry.root().histogram("cluster.web.upstream_rq_time").record(7);
  registry.flush((scalars, histograms) => sink.flush(scalars, histograms));
  await done;
  await sink.close();
  receiver.close();
  assert.deepEqual(lines, [
    "p.cluster.upstream_rq_total:3|c|#envoy.cluster_name:web",
    "p.server.live:1|g",
    "p.cluster.upstream_rq_time:7.05|ms|@0.25|#envoy.cluster_name:web",
  ]);
});
