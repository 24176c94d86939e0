import type { RunningProxy } from "@sluice/harness";
import type { ConformanceCase } from "../conformance-case.ts";
import { listenersBootstrap } from "../many-listeners.ts";
import { RICH_BOOTSTRAP, RICH_FILES, richTraffic, richUpstream } from "../rich-bootstrap.ts";
import { isNotHere } from "../stats-not-here.ts";

/** `kind name`, sorted. `more`: of the query. */
async function names(proxy: RunningProxy, more = ""): Promise<readonly string[]> {
  const lines = async (query: string): Promise<readonly string[]> =>
    (await proxy.admin(`/stats?${query}`))
      .split("\n")
      .flatMap((line) => /^(.*?): /.exec(line)?.[1] ?? [])
      .filter((name) => !isNotHere(name));
  const kinds = ["Counters", "Gauges", "Histograms", "TextReadouts"];
  const all = await Promise.all(
    kinds.map(async (kind) => (await lines(`type=${kind}${more}`)).map((name) => `${kind} ${name}`)),
  );
  return all.flat().sort();
}

/** Those that were ever set, if only to 0. */
async function usedGauges(proxy: RunningProxy): Promise<readonly string[]> {
  return (await names(proxy, "&usedonly")).filter(
    (name) => name.startsWith("Gauges ") && !OF_THE_MOMENT.test(name),
  );
}

/**
 * What a flush or a look at resources sets first; and of rings and tables, which a cluster has here once it is used.
 */
const OF_THE_MOMENT = /Gauges (server\.|.*\.pressure$|.*_lb\.|.*scale_percent$)/;

/** What Prometheus reads, without values. */
async function series(proxy: RunningProxy): Promise<readonly string[]> {
  const text = await proxy.admin(`/stats/prometheus?text_readouts&filter=${encodeURIComponent(SERIES)}`);
  const lines = text.split("\n").map((line) => (line.startsWith("#") ? line : line.replace(/ \S+$/, "")));
  return [...new Set(lines)].sort();
}

/** One or more for each tag. */
const SERIES = [
  String.raw`\.ssl\.(versions|ciphers|curves)\.`,
  String.raw`^listener\.(main|admin)\..*downstream_(cx_total|rq_2xx|rq_completed)$`,
  String.raw`^http\.main\.(fault\..*aborts|rbac\.)`,
  String.raw`^http\.rds\.rds\.routes\.(version|config_reload)|^sds\.own\.version`,
  String.raw`^tcp\.tcp\.downstream_cx_total$|^tcprules\.|^limits\.|^proxy_proto\.`,
  String.raw`^(connection_limit|local_rate_limit)\.`,
  String.raw`^vhost\.|^cluster\.(one|the\.two_alt)\.(upstream_rq_(2xx|200|total)|grpc|endpoint.*cx_total|health_check|upstream_cx_length_ms)`,
].join("|");

const RUNTIME_STATS = [
  "num_layers",
  "load_success",
  "load_error",
  "override_dir_exists",
  "override_dir_not_exists",
];

/** A value is set twice after the start; what is in the proxy's directory is what it is started with. */
function diskLayers(title: string, disks: readonly string[]): ConformanceCase {
  const layers = disks.map(
    (place, i) =>
      `    - { name: disk${i}, disk_layer: { symlink_root: "{{dir}}", subdirectory: "${place}" } }\n`,
  );
  return {
    title,
    yaml: listenersBootstrap(
      { main: {} },
      `layered_runtime:
  layers:
    - { name: base, static_layer: { a: 1 } }
${layers.join("")}    - { name: admin, admin_layer: {} }`,
    ),
    observe: async ({ proxy }) => {
      for (const value of [1, 2]) await proxy.admin(`/runtime_modify?a=${value}`, "POST");
      const shown: unknown = JSON.parse(await proxy.admin("/runtime"));
      const names = typeof shown === "object" && shown !== null && "layers" in shown ? shown.layers : [];
      return names;
    },
    stats: RUNTIME_STATS.map((name) => `runtime.${name}`),
  };
}

export const STAT_NAME_CASES: readonly ConformanceCase[] = [
  diskLayers("a disk layer that is not there is none", ["none"]),
  diskLayers("one disk layer, and one that is not there", ["", "none"]),
  diskLayers("two disk layers", ["", ""]),
  {
    title: "a bit of everything has Envoy's stats: their names, kinds and tags",
    yaml: RICH_BOOTSTRAP,
    files: RICH_FILES,
    tcp: richUpstream,
    ignoreUpstream: true,
    observe: async (target) => ({
      idle: await usedGauges(target.proxy),
      statuses: await richTraffic(target),
      used: await usedGauges(target.proxy),
      names: await names(target.proxy),
      series: await series(target.proxy),
    }),
  },
];
