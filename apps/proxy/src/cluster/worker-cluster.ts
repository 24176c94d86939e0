import type { Random, Runtime, StatsScope } from "@sluice/extension-api";
import { type DropReply, drawDrop } from "../load-balancer/drop-reply.ts";
import {
  type AssignmentPolicy,
  buildHostSets,
  DEFAULT_ASSIGNMENT_POLICY,
  type HostSet,
} from "../load-balancer/host-set.ts";
import type { LoadBalancer } from "../load-balancer/load-balancer.ts";
import type { ClusterConfig, HostSpec } from "./cluster-config.ts";
import type { ClusterInfo, Host, LoadBalancerContext, ThreadLocalCluster } from "./thread-local-cluster.ts";
import { type HostReports, WorkerHost } from "./worker-host.ts";

export interface WorkerClusterOptions {
  readonly config: ClusterConfig;
  readonly info: ClusterInfo;
  readonly balancer: LoadBalancer;
  readonly random: Random;
  readonly runtime: Runtime;
  readonly workerIndex: number;
  /** This node's own: `localityKey`. */
  readonly locality: string;
  /** With `per_endpoint_stats`: `cluster.<name>.` */
  readonly hostStats: StatsScope | undefined;
  readonly reports: HostReports;
  onHostsRemoved(hosts: readonly Host[]): void;
  /** Their health has failed, and sessions with them are not to go on. */
  onHostsFailed(hosts: readonly Host[]): void;
  /** What ends with it. */
  readonly releases: readonly (() => void)[];
}

/** One configuration of one cluster in one worker: its hosts and who picks among them. */
export class WorkerCluster implements ThreadLocalCluster {
  readonly info: ClusterInfo;
  hostSets: readonly HostSet[] = [];
  readonly #options: WorkerClusterOptions;
  #hosts = new Map<string, WorkerHost>();
  #policy: AssignmentPolicy = DEFAULT_ASSIGNMENT_POLICY;
  /** By address, for requests that insist on a host; made when first asked for. */
  #byAddress: Map<string, WorkerHost> | undefined = undefined;

  constructor(options: WorkerClusterOptions) {
    this.#options = options;
    this.info = options.info;
  }

  get hostCount(): number {
    return this.#hosts.size;
  }

  chooseHost(context: LoadBalancerContext): Host | undefined {
    const wanted = context.overrideHost;
    if (wanted !== undefined) {
      const host = this.#hostAt(wanted.address);
      if (host !== undefined && this.#options.config.commonLb.overrideHostStatus.includes(host.health)) {
        return host;
      }
      if (wanted.strict) return undefined;
    }
    return this.#options.balancer.choose(context);
  }

  dropOverload(): DropReply | undefined {
    return drawDrop(this.#policy.dropPerMillion, this.#options.random);
  }

  setHosts(specs: readonly HostSpec[], policy: AssignmentPolicy, local: HostSet | undefined): void {
    const { workerIndex, hostStats, config, locality, runtime } = this.#options;
    const outlier = config.outlier === undefined ? undefined : { config: config.outlier, runtime };
    const next = new Map<string, WorkerHost>();
    let added = false;
    const failing: WorkerHost[] = [];
    for (const spec of specs) {
      const known = this.#hosts.get(spec.key);
      // As Envoy: new connections may do better, where the old ones lead to what is broken.
      if (known !== undefined && known.health !== "unhealthy" && spec.health === "unhealthy")
        failing.push(known);
      known?.update(spec);
      added ||= known === undefined;
      const host = known ?? new WorkerHost(spec, workerIndex, outlier, this.#options.reports, hostStats);
      host.cluster = this.info;
      next.set(spec.key, host);
    }
    const gone: WorkerHost[] = [];
    for (const [key, host] of this.#hosts) {
      if (next.has(key)) continue;
      host.leave();
      gone.push(host);
    }
    const stay = [...this.#hosts.values()].filter((host) => !host.removed);
    this.#hosts = next;
    this.#byAddress = undefined;
    this.#policy = policy;
    this.hostSets = buildHostSets(next.values(), policy, locality);
    this.#options.balancer.update(this.hostSets, local);
    const changed = added || gone.length > 0;
    const draining =
      changed && config.commonLb.closeConnectionsOnHostSetChange ? [...gone, ...stay] : [...gone, ...failing];
    if (draining.length > 0) this.#options.onHostsRemoved(draining);
    if (config.closesOnHealthFailure && failing.length > 0) this.#options.onHostsFailed(failing);
  }

  /** The hosts of the local cluster have changed. */
  setLocal(local: HostSet | undefined): void {
    if (this.hostSets.length > 0) this.#options.balancer.update(this.hostSets, local);
  }

  /** Its configuration was replaced or removed. */
  close(): void {
    for (const release of this.#options.releases) release();
    this.setHosts([], DEFAULT_ASSIGNMENT_POLICY, undefined);
    this.#options.balancer.close();
  }

  #hostAt(address: string): WorkerHost | undefined {
    if (this.#byAddress === undefined) {
      this.#byAddress = new Map();
      for (const host of this.#hosts.values()) this.#byAddress.set(host.address, host);
    }
    return this.#byAddress.get(address);
  }
}
