import type { Compiled, HeaderMap, Problem, StatsScope } from "@sluice/extension-api";
import { type Condition, compileHeaderMatcher } from "@sluice/matching";
import type { VirtualCluster } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteStats } from "./route-entry.ts";
import { createRouteStats } from "./route-stats.ts";

/** `virtual_clusters` of a virtual host: `vhost.<host>.vcluster.<name>.` counts the requests whose headers match. */
export class VirtualClusters {
  private readonly clusters: readonly {
    readonly conditions: readonly Condition[];
    readonly stats: RouteStats;
  }[];
  private readonly other: RouteStats;

  constructor(
    clusters: readonly { readonly conditions: readonly Condition[]; readonly stats: RouteStats }[],
    other: RouteStats,
  ) {
    this.clusters = clusters;
    this.other = other;
  }

  /** The first that takes the request, else `other`. */
  statsFor(headers: HeaderMap): RouteStats {
    for (const { conditions, stats } of this.clusters) {
      let all = true;
      for (const condition of conditions) all = all && condition.matches(headers, 0, {});
      if (all) return stats;
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
    return { conditions, stats: createRouteStats(stats, hostName, "vcluster", name) };
  });
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: new VirtualClusters(clusters, createRouteStats(stats, hostName, "vcluster", "other")),
  };
}
