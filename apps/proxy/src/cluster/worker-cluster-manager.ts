import type { Random, StatsScope } from "@sluice/extension-api";
import { type BalancedHost, PriorityLoadBalancer } from "../load-balancer/priority-load-balancer.ts";
import { resourceLimits } from "./circuit-breaker.ts";
import type { ClusterConfig, HostSpec } from "./cluster-config.ts";
import { createClusterStats } from "./cluster-stats.ts";
import { createConnector } from "./connect-upstream.ts";
import { hostStats } from "./host-stats.ts";
import type {
  ClusterInfo,
  Host,
  HostStats,
  LoadBalancerContext,
  ThreadLocalCluster,
  ThreadLocalClusterManager,
} from "./thread-local-cluster.ts";

/** A host in one worker. Its identity lasts as long as its key stays in the cluster. */
class WorkerHost implements BalancedHost {
  address: string;
  connectTo: Host["connectTo"];
  hostname: string;
  weight: number;
  priority: number;
  zone: string;
  metadata: Host["metadata"];
  health: BalancedHost["health"];
  removed = false;
  activeRequests = 0;
  pool: unknown = undefined;
  readonly stats: HostStats;

  /** `clusterStats`: where the host has stats of its own, `per_endpoint_stats`. */
  constructor(spec: HostSpec, workerIndex: number, clusterStats: StatsScope | undefined) {
    this.address = spec.address;
    this.connectTo = spec.connectTo;
    this.hostname = spec.hostname;
    this.weight = spec.weight;
    this.priority = spec.priority;
    this.zone = spec.zone;
    this.metadata = spec.metadata;
    this.health = spec.health;
    const rqTime = clusterStats?.scope("endpoint").scope(spec.address).histogram("rq_time");
    this.stats = hostStats(spec.page, workerIndex, rqTime);
  }

  update(spec: HostSpec): void {
    this.address = spec.address;
    this.connectTo = spec.connectTo;
    this.hostname = spec.hostname;
    this.weight = spec.weight;
    this.priority = spec.priority;
    this.zone = spec.zone;
    this.metadata = spec.metadata;
    this.health = spec.health;
  }
}

class WorkerCluster implements ThreadLocalCluster {
  readonly info: ClusterInfo;
  readonly #config: ClusterConfig;
  readonly #random: Random;
  readonly #workerIndex: number;
  readonly #onHostsRemoved: ((hosts: readonly Host[]) => void) | undefined;
  readonly #hostStats: StatsScope | undefined;
  #hosts = new Map<string, WorkerHost>();
  #balancer: PriorityLoadBalancer;

  constructor(
    config: ClusterConfig,
    info: ClusterInfo,
    random: Random,
    workerIndex: number,
    onHostsRemoved: ((hosts: readonly Host[]) => void) | undefined,
    stats: StatsScope,
  ) {
    this.#config = config;
    this.#hostStats = config.perEndpointStats ? stats.scope("cluster").scope(config.statName) : undefined;
    this.info = info;
    this.#random = random;
    this.#workerIndex = workerIndex;
    this.#onHostsRemoved = onHostsRemoved;
    this.#balancer = new PriorityLoadBalancer(config.loadBalancer, [], random);
  }

  get hostCount(): number {
    return this.#hosts.size;
  }

  /** HTTP/2 to upstreams is not built: such a cluster serves the main thread's gRPC clients and has no host for requests. */
  chooseHost(context: LoadBalancerContext): Host | undefined {
    if (this.info.protocol === "http2") return undefined;
    return this.#balancer.choose(context);
  }

  setHosts(specs: readonly HostSpec[]): void {
    const next = new Map<string, WorkerHost>();
    for (const spec of specs) {
      const known = this.#hosts.get(spec.key);
      known?.update(spec);
      next.set(spec.key, known ?? new WorkerHost(spec, this.#workerIndex, this.#hostStats));
    }
    const gone: WorkerHost[] = [];
    for (const [key, host] of this.#hosts) {
      if (next.has(key)) continue;
      host.removed = true;
      gone.push(host);
    }
    this.#hosts = next;
    this.#balancer = new PriorityLoadBalancer(this.#config.loadBalancer, [...next.values()], this.#random);
    if (gone.length > 0) this.#onHostsRemoved?.(gone);
  }
}

/** All clusters of one worker; driven by messages of the main thread. */
export class WorkerClusterManager implements ThreadLocalClusterManager {
  readonly #clusters = new Map<string, WorkerCluster>();
  readonly #stats: StatsScope;
  readonly #random: Random;
  readonly #workerIndex: number;
  readonly #onHostsRemoved: ((hosts: readonly Host[]) => void) | undefined;

  /** `onHostsRemoved`: told of hosts that left, so that their pools drain at once. */
  constructor(
    stats: StatsScope,
    random: Random,
    workerIndex: number,
    onHostsRemoved?: (hosts: readonly Host[]) => void,
  ) {
    this.#stats = stats;
    this.#random = random;
    this.#workerIndex = workerIndex;
    this.#onHostsRemoved = onHostsRemoved;
  }

  get(name: string): WorkerCluster | undefined {
    return this.#clusters.get(name);
  }

  has(name: string): boolean {
    return this.#clusters.has(name);
  }

  /** Puts a cluster in place of the one with its name, hosts and all. */
  set(config: ClusterConfig, breakers: SharedArrayBuffer, hosts: readonly HostSpec[]): void {
    const info = this.#info(config, breakers);
    const cluster = new WorkerCluster(
      config,
      info,
      this.#random,
      this.#workerIndex,
      this.#onHostsRemoved,
      this.#stats,
    );
    cluster.setHosts(hosts);
    const old = this.#clusters.get(config.name);
    this.#clusters.set(config.name, cluster);
    old?.setHosts([]);
  }

  setHosts(name: string, hosts: readonly HostSpec[]): void {
    this.#clusters.get(name)?.setHosts(hosts);
  }

  remove(name: string): void {
    const old = this.#clusters.get(name);
    this.#clusters.delete(name);
    old?.setHosts([]);
  }

  #info(config: ClusterConfig, breakers: SharedArrayBuffer): ClusterInfo {
    return Object.freeze({
      name: config.name,
      statName: config.statName,
      connectTimeoutMs: config.connectTimeoutMs,
      bufferLimitBytes: config.bufferLimitBytes,
      protocol: config.protocol,
      idleTimeoutMs: config.idleTimeoutMs,
      maxConnectionDurationMs: config.maxConnectionDurationMs,
      maxRequestsPerConnection: config.maxRequestsPerConnection,
      maxResponseHeadersCount: config.maxResponseHeadersCount,
      maxResponseHeadersKb: config.maxResponseHeadersKb,
      stats: createClusterStats(this.#stats, config.statName),
      circuitBreakers: {
        default: resourceLimits(breakers, this.#workerIndex, "default", config.thresholds.default),
        high: resourceLimits(breakers, this.#workerIndex, "high", config.thresholds.high),
      },
      connect: createConnector(config),
    });
  }
}
