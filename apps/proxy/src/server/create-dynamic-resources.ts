import { TYPE_URLS } from "@sluice/xds";
import { ClusterDiscovery } from "../cluster/cluster-discovery.ts";
import { ListenerDiscovery } from "../listener/listener-discovery.ts";
import { RuntimeDiscovery } from "../runtime/runtime-discovery.ts";
import { checkResourceSources } from "../xds/check-resource-sources.ts";
import type { Discovery } from "../xds/discovery.ts";
import { DynamicResources } from "../xds/dynamic-resources.ts";
import { startupError } from "./bootstrap-problems.ts";
import type { Server } from "./server.ts";

/** Without clusters for so long at the start, listeners come without them. */
const FIRST_CLUSTERS_MS_MAX = 15_000;

/** The configuration that comes from outside, each type led to whom it belongs to. Throws a StartupError for sources that are not implemented. */
export function createDynamicResources(server: Server): DynamicResources {
  const { bootstrap, clusters, listeners, log, node, options, runtime, stats } = server;
  const sources = runtime.resources.map(({ source }) => source);
  const problems = checkResourceSources(bootstrap.message, node.id, sources);
  if (problems.length > 0) throw startupError(bootstrap, problems, "");
  const clusterDiscovery = new ClusterDiscovery(clusters, (names) => server.onDemandClusters.missing(names));
  const clustersReady = async (): Promise<void> => {
    await Promise.race([
      dynamic.firstClusters(),
      new Promise((resolve) => setTimeout(resolve, FIRST_CLUSTERS_MS_MAX).unref()),
    ]);
    await clusterDiscovery.settled;
  };
  const dynamic = new DynamicResources({
    config: bootstrap.message.dynamicResources,
    node,
    stateDir: options.stateDir,
    resolve: (cluster) => server.resolveCluster(cluster),
    stats,
    controlPlanes: server.controlPlanes,
    log,
    discoveries: new Map<string, Discovery>([
      [TYPE_URLS.cluster, clusterDiscovery],
      [TYPE_URLS.endpoint, server.endpoints],
      [TYPE_URLS.listener, new ListenerDiscovery(listeners, clustersReady)],
      [TYPE_URLS.route, server.routes],
      [TYPE_URLS.runtime, new RuntimeDiscovery(runtime, () => server.applyRuntime())],
      [TYPE_URLS.secret, server.secretManager],
      [TYPE_URLS.scopedRoute, server.scopes],
      [TYPE_URLS.virtualHost, server.virtualHosts],
      [TYPE_URLS.extensionConfig, server.filterConfigs],
    ]),
    runtime: runtime.resources,
    settled: async (typeUrl) => {
      if (typeUrl === TYPE_URLS.cluster || typeUrl === TYPE_URLS.endpoint) await clusters.settled();
      if (typeUrl === TYPE_URLS.listener) await listeners.settled();
    },
    onEffective: () => server.statsFlush.flush(),
  });
  return dynamic;
}
