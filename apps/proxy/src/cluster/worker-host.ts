import type { StatsScope } from "@sluice/extension-api";
import { localityKey } from "../load-balancer/host-set.ts";
import { HostLoad } from "../orca/host-load.ts";
import { leaseStats, type StatsLease } from "../stats/thread-stats.ts";
import type { HostSpec } from "./cluster-config.ts";
import { HealthFlag } from "./health/health-flag.ts";
import { endpointStatName, HOST_SLOTS, hostStats } from "./host-stats.ts";
import { HostOutlierMonitor, type OutlierSettings } from "./outlier/host-outlier-monitor.ts";
import type { OutlierSign } from "./outlier/outlier-config.ts";
import type { ClusterInfo, Host, HostHealth, HostOutlier, HostStats } from "./thread-local-cluster.ts";

const ACTIVE = HOST_SLOTS.indexOf("rq_active");
const CONNECTED = HOST_SLOTS.indexOf("cx_active");

/** What a host tells the main thread of, by its key. */
export interface HostReports {
  onOutlierSign(host: string, type: OutlierSign): void;
  onHealthCheckFail(host: string): void;
}

/** A host in one worker. Its identity lasts as long as its key stays in the cluster. */
export class WorkerHost implements Host {
  readonly key: string;
  cluster: ClusterInfo | undefined = undefined;
  address = "";
  connectTo: Host["connectTo"] = { path: "" };
  hostname = "";
  weight = 1;
  priority = 0;
  zone = "";
  locality = "";
  localityWeight = 0;
  metadata: Host["metadata"] = undefined;
  localityMetadata: Host["localityMetadata"] = undefined;
  health: HostHealth = "healthy";
  excluded = false;
  removed = false;
  activeRequests = 0;
  healthySinceMs: number | undefined = undefined;
  pool: unknown = undefined;
  #failedCheck = false;
  readonly stats: HostStats;
  readonly load: HostLoad | undefined;
  readonly outlier: HostOutlier | undefined;
  readonly failHealthCheck: () => void;
  /** The host's figures of all workers. */
  readonly #slots: Float64Array;

  readonly #lease: StatsLease | undefined;

  /** `clusterStats`: where the host has stats of its own, `per_endpoint_stats`. */
  constructor(
    spec: HostSpec,
    workerIndex: number,
    outlier: OutlierSettings | undefined,
    reports: HostReports,
    clusterStats?: StatsScope,
  ) {
    this.key = spec.key;
    this.update(spec);
    this.load = spec.loadPage === undefined ? undefined : new HostLoad(spec.loadPage);
    this.outlier =
      outlier === undefined || spec.outlierPage === undefined
        ? undefined
        : new HostOutlierMonitor(outlier, spec.outlierPage, workerIndex, (type) =>
            reports.onOutlierSign(spec.key, type),
          );
    this.failHealthCheck = () => reports.onHealthCheckFail(spec.key);
    this.#lease = clusterStats === undefined ? undefined : leaseStats(clusterStats);
    const own = this.#lease?.at(clusterStats?.prefix ?? "");
    const rqTime = own?.scope("endpoint").scope(endpointStatName(spec)).histogram("rq_time");
    this.stats = hostStats(spec.page, workerIndex, rqTime);
    this.#slots = new Float64Array(spec.page);
  }

  update(spec: HostSpec): void {
    this.address = spec.address;
    this.connectTo = spec.connectTo;
    this.hostname = spec.hostname;
    this.weight = spec.weight;
    this.priority = spec.priority;
    this.zone = spec.zone;
    this.locality = localityKey(spec.region, spec.zone, spec.subZone);
    this.localityWeight = spec.localityWeight;
    this.metadata = spec.metadata;
    this.localityMetadata = spec.localityMetadata;
    // A check that passes again begins the time of a slow start anew, as does nothing else.
    const failed = ((spec.flags ?? 0) & HealthFlag.FailedActiveHc) !== 0;
    if (this.#failedCheck && !failed) this.healthySinceMs = undefined;
    this.#failedCheck = failed;
    this.health = spec.health;
    this.excluded = spec.excluded;
  }

  /** It has left the cluster. */
  leave(): void {
    this.removed = true;
    this.#lease?.release();
  }

  /** Connections are open to it. */
  connected(): boolean {
    const slots = this.#slots;
    for (let index = CONNECTED; index < slots.length; index += HOST_SLOTS.length) {
      if ((slots[index] ?? 0) > 0) return true;
    }
    return false;
  }

  requestsInFlight(): number {
    const slots = this.#slots;
    let sum = 0;
    for (let index = ACTIVE; index < slots.length; index += HOST_SLOTS.length) sum += slots[index] ?? 0;
    return sum;
  }
}
