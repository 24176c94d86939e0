import { createLoadReportClient, type LoadReportClient } from "@sluice/xds/client";
import { systemClock } from "../event/system-time.ts";
import { connectForStream } from "../grpc/own-connection.ts";
import type { Server } from "../server/server.ts";
import { clusterOf } from "../xds/config-source.ts";
import { LoadCollector } from "./load-collector.ts";

/** `cluster_manager.load_stats_config`: reports the clusters' load for as long as the server runs. Undefined: nobody is told. */
export function startLoadReports(server: Server): LoadReportClient | undefined {
  const api = server.bootstrap.message.clusterManager?.loadStatsConfig;
  if (api === undefined) return undefined;
  const [service] = api.grpcServices;
  const named = service?.targetSpecifier.case === "envoyGrpc" ? service.targetSpecifier.value.authority : "";
  const cluster = clusterOf(api);
  const stats = server.stats.root().scope("load_reporter");
  const counters = {
    request: stats.counter("requests"),
    response: stats.counter("responses"),
    error: stats.counter("errors"),
    retry: stats.counter("retries"),
  };
  return createLoadReportClient({
    target: () => {
      const host = server.resolveCluster(cluster);
      if (host === undefined) return undefined;
      const authority = named === "" ? host.address : named;
      return { authority, secure: host.secure, connect: () => connectForStream(host.open()) };
    },
    node: server.node,
    metadata: Object.fromEntries((service?.initialMetadata ?? []).map(({ key, value }) => [key, value])),
    source: new LoadCollector(server.clusters, systemClock),
    random: Math.random,
    onEvent: (event, detail) => {
      counters[event].inc();
      if (event === "error") server.log.warn(`no load reports to '${cluster}': ${detail}`);
    },
  });
}
