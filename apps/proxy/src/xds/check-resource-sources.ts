import type { Problem } from "@sluice/extension-api";
import type { Bootstrap } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { NO_ADS } from "./check-aggregated.ts";
import { checkApi, checkConfigSource, clusterOf, managementCluster } from "./config-source.ts";

/** A management server's cluster, and where the bootstrap names it. */
interface Manager {
  readonly cluster: string;
  readonly path: string;
}

/** What is wrong with where a bootstrap's configuration is to come from. `runtime`: the sources of its layers. */
export function checkResourceSources(
  { dynamicResources, clusterManager, staticResources }: Bootstrap,
  nodeId: string,
  runtime: readonly ConfigSource[],
): readonly Problem[] {
  const problems: Problem[] = [];
  const managers: Manager[] = [];
  const at = "dynamic_resources";
  const ads = dynamicResources?.adsConfig;
  if (ads !== undefined) {
    problems.push(...checkApi(ads, `${at}.ads_config`, true));
    managers.push({ cluster: clusterOf(ads), path: `${at}.ads_config` });
  }
  for (const [name, source] of [
    ["lds_config", dynamicResources?.ldsConfig],
    ["cds_config", dynamicResources?.cdsConfig],
  ] as const) {
    if (source === undefined) continue;
    const path = `${at}.${name}`;
    problems.push(...checkConfigSource(source, path));
    const cluster = managementCluster(source);
    if (cluster !== undefined) managers.push({ cluster, path: `${path}.api_config_source` });
    if (source.configSourceSpecifier.case !== "ads" || ads !== undefined) continue;
    problems.push({ path: `${path}.ads`, message: NO_ADS, severity: "error" });
  }
  const loadStats = clusterManager?.loadStatsConfig;
  if (loadStats !== undefined) {
    const path = "cluster_manager.load_stats_config";
    problems.push(...checkApi(loadStats, path, true));
    managers.push({ cluster: clusterOf(loadStats), path });
  }
  for (const source of runtime) {
    const cluster = managementCluster(source);
    if (cluster !== undefined) managers.push({ cluster, path: "layered_runtime" });
  }
  const declared = new Set(staticResources?.clusters.map(({ name }) => name));
  for (const { cluster, path } of managers) {
    if (nodeId === "") {
      const message = "needs a node id: set node.id or --service-node";
      problems.push({ path, message, severity: "error" });
    }
    if (cluster === "" || declared.has(cluster)) continue;
    const message = `must have a statically defined cluster: '${cluster}' does not exist`;
    problems.push({ path, message, severity: "error" });
  }
  return problems;
}
