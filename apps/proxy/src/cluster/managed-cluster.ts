import { isDeepStrictEqual } from "node:util";
import type { Random, StatsScope } from "@sluice/extension-api";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { AssignmentPolicy } from "../load-balancer/host-set.ts";
import { circuitBreakerPage } from "./circuit-breaker.ts";
import type { ClusterConfig, HostSpec } from "./cluster-config.ts";
import type { CompiledCluster } from "./compile-cluster.ts";
import { type EndpointSpec, printAddress } from "./compile-endpoints.ts";
import { DnsPoller, type Resolve } from "./dns-discovery.ts";
import type { EndpointDiscovery } from "./endpoint-discovery.ts";
import { hostStatsPage } from "./host-stats.ts";

export interface ManagedClusterOptions {
  readonly compiled: CompiledCluster;
  readonly message: Cluster;
  readonly source: "static" | "dynamic";
  readonly version: string;
  readonly concurrency: number;
  /** `cluster.<name>.` of the main thread. */
  readonly stats: StatsScope;
  readonly random: Random;
  readonly resolve: Resolve;
  readonly endpoints: EndpointDiscovery;
  /** The hosts are known for the first time (or the wait for them is over), and at each later change. */
  onHosts(cluster: ManagedCluster): void;
}

/** One configuration of one cluster on the main thread: its discovery and its hosts. */
export class ManagedCluster {
  readonly config: ClusterConfig;
  readonly message: Cluster;
  readonly source: "static" | "dynamic";
  readonly version: string;
  readonly updatedAt = new Date();
  readonly breakers: SharedArrayBuffer;
  hosts: readonly HostSpec[] = [];
  assignmentPolicy: AssignmentPolicy;
  /** Its hosts are known, or it was decided not to wait longer. */
  initialized = false;
  readonly #options: ManagedClusterOptions;
  readonly #stops: (() => void)[] = [];
  readonly #resolved = new Map<number, readonly EndpointSpec[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ManagedClusterOptions) {
    this.#options = options;
    this.config = options.compiled.config;
    this.message = options.message;
    this.source = options.source;
    this.version = options.version;
    this.breakers = circuitBreakerPage(options.concurrency);
    this.assignmentPolicy = options.compiled.assignment.policy;
  }

  start(): void {
    const { discovery } = this.config;
    switch (discovery.kind) {
      case "static":
        this.#setEndpoints(this.#options.compiled.assignment.endpoints);
        return;
      case "eds":
        this.#startEds(discovery.serviceName, discovery.initialFetchTimeoutMs);
        return;
      case "strict_dns":
      case "logical_dns":
        this.#startDns();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
  }

  #startEds(serviceName: string, timeoutMs: number): void {
    const { stats } = this.#options;
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => {
        stats.counter("init_fetch_timeout").inc();
        this.#initialize();
      }, timeoutMs);
    }
    this.#stops.push(
      this.#options.endpoints.watch(serviceName, (assignment) => {
        clearTimeout(this.#timer);
        if (assignment === undefined) this.#initialize();
        else this.#setEndpoints(assignment.endpoints, assignment.policy);
      }),
    );
  }

  #startDns(): void {
    const { discovery } = this.config;
    if (discovery.kind !== "strict_dns" && discovery.kind !== "logical_dns") return;
    const { stats } = this.#options;
    const { endpoints } = this.#options.compiled.assignment;
    if (endpoints.length === 0) this.#initialize();
    endpoints.forEach((endpoint, index) => {
      if (
        "path" in endpoint.connectTo ||
        endpoint.hostname === "" ||
        endpoint.connectTo.host !== nameOf(endpoint)
      ) {
        this.#onResolved(index, [endpoint]);
        return;
      }
      const { port } = endpoint.connectTo;
      const poller = new DnsPoller(
        endpoint.connectTo.host,
        discovery,
        {
          onAttempt: () => stats.counter("update_attempt").inc(),
          onFailure: () => {
            stats.counter("update_failure").inc();
            // As Envoy: the cluster is taken into service although its name does not resolve; it has no hosts then.
            if (!this.#resolved.has(index)) this.#onResolved(index, []);
          },
          onSuccess: (addresses) => {
            stats.counter("update_success").inc();
            if (addresses.length === 0) stats.counter("update_empty").inc();
            const used = discovery.kind === "logical_dns" ? addresses.slice(0, 1) : addresses;
            this.#onResolved(
              index,
              used.map((host) => ({
                ...endpoint,
                address: printAddress(host, port),
                connectTo: { host, port },
              })),
            );
          },
        },
        this.#options.resolve,
        this.#options.random,
      );
      this.#stops.push(() => poller.stop());
      poller.start();
    });
  }

  #onResolved(index: number, endpoints: readonly EndpointSpec[]): void {
    this.#resolved.set(index, endpoints);
    if (this.#resolved.size < this.#options.compiled.assignment.endpoints.length) return;
    this.#setEndpoints([...this.#resolved.values()].flat());
  }

  #initialize(): void {
    if (this.initialized) return;
    this.#setEndpoints([]);
  }

  /** Hosts that stay keep their figures. */
  #setEndpoints(endpoints: readonly EndpointSpec[], policy: AssignmentPolicy = this.assignmentPolicy): void {
    const known = new Map(this.hosts.map((host) => [host.key, host]));
    const next = new Map<string, HostSpec>();
    for (const endpoint of endpoints) {
      const address = this.#keyOf(endpoint);
      // A static list may name an address twice, and then it is two hosts; discovered ones are told apart by address.
      const twice = this.config.discovery.kind === "static" && next.has(address);
      const key = twice ? `${address}#${next.size}` : address;
      const page = known.get(key)?.page ?? hostStatsPage(this.#options.concurrency);
      next.set(key, { ...endpoint, key, page });
    }
    const hosts = [...next.values()];
    const samePolicy = isDeepStrictEqual(policy, this.assignmentPolicy);
    if (this.initialized && samePolicy && sameHosts(this.hosts, hosts)) {
      this.#options.stats.counter("update_no_rebuild").inc();
      return;
    }
    this.hosts = hosts;
    if (!samePolicy) this.assignmentPolicy = policy;
    this.initialized = true;
    const { stats } = this.#options;
    stats.counter("membership_change").inc();
    stats.gauge("membership_total").set(hosts.length);
    stats.gauge("membership_healthy").set(hosts.filter((host) => host.health === "healthy").length);
    stats.gauge("membership_degraded").set(hosts.filter((host) => host.health === "degraded").length);
    this.#options.onHosts(this);
  }

  #keyOf(endpoint: EndpointSpec): string {
    if (this.config.discovery.kind !== "logical_dns" || "path" in endpoint.connectTo) return endpoint.address;
    return `${endpoint.hostname}:${endpoint.connectTo.port}`;
  }
}

const nameOf = (endpoint: EndpointSpec): string =>
  "path" in endpoint.connectTo || /^[\d.]+$|:/.test(endpoint.connectTo.host) ? "" : endpoint.connectTo.host;

function sameHosts(a: readonly HostSpec[], b: readonly HostSpec[]): boolean {
  const print = ({ page: _page, ...rest }: HostSpec): string => JSON.stringify(rest);
  return (
    a.length === b.length &&
    a.every((host, index) => {
      const other = b[index];
      return other !== undefined && print(host) === print(other);
    })
  );
}
