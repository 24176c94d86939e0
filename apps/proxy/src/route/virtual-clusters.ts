import type { Compiled, HeaderMap, Problem, StatsScope } from "@sluice/extension-api";
import { type Condition, compileHeaderMatcher } from "@sluice/matching";
import type { VirtualCluster } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteStats } from "./route-entry.ts";
import { createRouteStats } from "./route-stats.ts";

interface MatchedVirtualCluster {
  /** `undefined`: of what no other takes, which has a name in stats alone. */
  readonly name: string | undefined;
  readonly conditions: readonly Condition[];
  /** `vhost.<host>.vcluster.<name>.` */
  readonly stats: RouteStats;
}

/** `virtual_clusters` of a virtual host: each counts the requests whose headers match. */
export class VirtualClusters {
  private readonly clusters: readonly MatchedVirtualCluster[];
  private readonly other: MatchedVirtualCluster;

  constructor(clusters: readonly MatchedVirtualCluster[], other: MatchedVirtualCluster) {
    this.clusters = clusters;
    this.other = other;
  }

  /** The first that takes the request, else `other`. */
  find(headers: HeaderMap): MatchedVirtualCluster {
    for (const cluster of this.clusters) {
      let all = true;
      for (const condition of cluster.conditions) all = all && condition.matches(headers, 0, {});
      if (all) return cluster;
    }
    return this.other;
  }
}

/** `undefined` when there are none; `path` is where the list stands. */
export function compileVirtualClusters(
  configs: readonly VirtualCluster[],
  path: string,
  hostName: string,
  stats: StatsScope,
): Compiled<VirtualClusters | undefined> {
  if (configs.length === 0) return { ok: true, value: undefined };
  const problems: Problem[] = [];
  const clusters = configs.map(({ name, headers }, i) => {
    const at = `${path}[${i}]`;
    if (name === "") problems.push({ path: `${at}.name`, message: "a name is required", severity: "error" });
    if (headers.length === 0)
      problems.push({ path: at, message: "virtual clusters must define headers", severity: "error" });
    const conditions: Condition[] = [];
    for (const [h, header] of headers.entries()) {
      const condition = compileHeaderMatcher(header, `${at}.headers[${h}]`);
      if (condition.ok) conditions.push(condition.value);
      else problems.push(...condition.problems);
    }
    return { name, conditions, stats: createRouteStats(stats, hostName, "vcluster", name) };
  });
  if (problems.length > 0) return { ok: false, problems };
  const other = createRouteStats(stats, hostName, "vcluster", "other");
  return {
    ok: true,
    value: new VirtualClusters(clusters, { name: undefined, conditions: [], stats: other }),
  };
}
