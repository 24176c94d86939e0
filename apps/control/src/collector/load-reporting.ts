import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import type { Node } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { LoadReportingService } from "@sluice/xds/gen/envoy/service/load_stats/v3/lrs_pb.js";
import { authenticatedNodeKey, requireOwnId } from "@sluice/xds/server";
import type { NodeReports } from "./node-reports.ts";

const INTERVAL_SECONDS = 10n;
const SENDS_ALL = "envoy.lrs.supports_send_all_clusters";

export interface LoadReportingOptions {
  readonly reports: NodeReports;
  /** Names of the clusters that a node has, where it cannot be asked for all. */
  readonly clusters: (node: Pick<Node, "id" | "metadata">) => readonly string[];
}

/**
 * Envoy's load reporting service: asks each node for the load of all of its clusters, by locality and endpoint, every ten
 * seconds, and stores it.
 */
export function loadReportingRoutes(options: LoadReportingOptions): (router: ConnectRouter) => void {
  return (router) => {
    router.rpc(LoadReportingService.method.streamLoadStats, async function* (requests, { values }) {
      const authenticated = values.get(authenticatedNodeKey);
      let node = "";
      for await (const request of requests) {
        if (node === "") {
          node = request.node?.id ?? "";
          if (node === "")
            throw new ConnectError("the first message must carry a node with an id", Code.InvalidArgument);
          if (authenticated !== undefined) requireOwnId(authenticated, node);
          const sendAllClusters = request.node?.clientFeatures.includes(SENDS_ALL) === true;
          yield {
            sendAllClusters,
            clusters: sendAllClusters ? [] : [...options.clusters(request.node ?? { id: node })],
            loadReportingInterval: { seconds: INTERVAL_SECONDS, nanos: 0 },
            reportEndpointGranularity: true,
          };
        }
        options.reports.readLoad(request, node);
      }
    });
  };
}
