import type { ClusterManager } from "../cluster/cluster-manager.ts";
import type { ListenerManager } from "../listener/listener-manager.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { OnDemandClusters } from "../xds/on-demand-clusters.ts";
import type { OnDemandOutcome, OnDemandWant } from "../xds/on-demand-requests.ts";
import type { RouteDiscovery } from "../xds/route-discovery.ts";
import type { ScopedRouteDiscovery } from "../xds/scoped-route-discovery.ts";
import type { ApplicationLog } from "./application-log.ts";
import type { TelemetryRelay } from "./telemetry-relay.ts";
import type { WorkerCommand, WorkerReport } from "./worker/worker-messages.ts";

/** Whom the workers' reports are for. */
export interface ReportReaders {
  readonly stats: StatsRegistry;
  readonly clusters: ClusterManager;
  readonly listeners: ListenerManager;
  readonly routes: RouteDiscovery;
  readonly scopes: ScopedRouteDiscovery;
  readonly onDemandClusters: OnDemandClusters;
  readonly relay: TelemetryRelay;
  readonly log: ApplicationLog;
  send(workerIndex: number, command: WorkerCommand): Promise<unknown>;
}

/** Hands a worker's report to whom it is for, and answers it where the worker waits. */
export function readWorkerReport(to: ReportReaders, workerIndex: number, report: WorkerReport): void {
  switch (report.type) {
    case "stats":
      to.stats.attach(workerIndex, report.definitions);
      return;
    case "stats-released":
      to.stats.release(workerIndex, report.release);
      void to.send(workerIndex, { type: "stats-forgotten", release: report.release.number });
      return;
    case "outlier-sign":
      to.clusters.get(report.cluster)?.onOutlierSign(report.host, report.detection);
      return;
    case "health-check-fail":
      to.clusters.get(report.cluster)?.failHealthCheck(report.host);
      return;
    case "load-metrics":
      to.clusters.get(report.cluster)?.onLoadMetrics(report.metrics);
      return;
    case "want":
      void fetch(to, report.want).then((outcome) =>
        to.send(workerIndex, { type: "wanted", id: report.id, outcome }),
      );
      return;
    case "drained":
      to.listeners.onDrained(workerIndex, report.listenerId);
      return;
    case "log": {
      const level = report.level === "warn" ? "warning" : report.level;
      to.log.append(level, report.message, `worker_${workerIndex}`);
      return;
    }
    case "telemetry":
      to.relay.relay(report.kind, report.sink, report.entries, report.count);
  }
}

/** What a worker found missing; resolves when every worker has what there is. */
async function fetch(to: ReportReaders, want: OnDemandWant): Promise<OnDemandOutcome> {
  switch (want.kind) {
    case "virtual-host":
      await to.routes.want(want.route, want.host);
      return "settled";
    case "scope":
      await to.scopes.want(want.source, want.scope);
      return "settled";
    case "cluster":
      return to.onDemandClusters.want(want);
  }
}
