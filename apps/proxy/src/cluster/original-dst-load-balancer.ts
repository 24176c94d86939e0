import { isIP } from "node:net";
import type { Counter, Gauge, StatsScope, Timer, Timers } from "@sluice/extension-api";
import { filterStateText } from "@sluice/matching";
import type { LoadBalancer } from "../load-balancer/load-balancer.ts";
import type { Discovery } from "./cluster-config.ts";
import { printAddress } from "./print-address.ts";
import type { Host, LoadBalancerContext } from "./thread-local-cluster.ts";

export type OriginalDstConfig = Extract<Discovery, { readonly kind: "original_dst" }>;

/** A host of this worker's own. */
export interface OriginalDstHost extends Host {
  removed: boolean;
  /** Connections are open to it. */
  connected(): boolean;
}

export interface OriginalDstOptions {
  readonly config: OriginalDstConfig;
  readonly scope: StatsScope;
  readonly timers: Timers;
  createHost(ip: string, port: number): OriginalDstHost;
  onHostsRemoved(hosts: readonly Host[]): void;
}

/** Where other filters leave the address: Envoy's name. */
const FILTER_STATE_KEY = "envoy.network.transport_socket.original_dst_address";

/**
 * ORIGINAL_DST: each request goes to the address that it names (filter state, metadata, header) or that its connection was meant for
 * before it was redirected here. Hosts are made when first wanted, per worker, and forgotten when unused.
 */
export class OriginalDstLoadBalancer implements LoadBalancer {
  readonly onLoadReport = undefined;
  readonly #options: OriginalDstOptions;
  readonly #hosts = new Map<string, { readonly host: OriginalDstHost; used: boolean }>();
  readonly #timer: Timer;
  readonly #invalid: Counter;
  readonly #changes: Counter;
  readonly #gauges: readonly Gauge[];

  constructor(options: OriginalDstOptions) {
    this.#options = options;
    const { scope, timers, config } = options;
    this.#invalid = scope.counter("original_dst_host_invalid");
    this.#changes = scope.counter("membership_change");
    this.#gauges = [scope.gauge("membership_total"), scope.gauge("membership_healthy")];
    this.#timer = timers.create(() => this.#cleanUp());
    this.#timer.arm(config.cleanupIntervalMs);
  }

  update(): void {}

  choose(context: LoadBalancerContext): Host | undefined {
    const wanted = this.#wanted(context);
    if (wanted === undefined) return undefined;
    const { portOverride } = this.#options.config;
    const port = portOverride === 0 ? wanted.port : portOverride;
    const address = printAddress(wanted.ip, port);
    let known = this.#hosts.get(address);
    if (known === undefined) {
      known = { host: this.#options.createHost(wanted.ip, port), used: true };
      this.#hosts.set(address, known);
      this.#changes.inc();
      for (const gauge of this.#gauges) gauge.add(1);
    }
    known.used = true;
    return known.host;
  }

  close(): void {
    this.#timer.disarm();
    this.#remove([...this.#hosts.keys()]);
  }

  #wanted(context: LoadBalancerContext): { readonly ip: string; readonly port: number } | undefined {
    const { config } = this.#options;
    const { streamInfo, connection } = context;
    const state = streamInfo?.filterState.get(FILTER_STATE_KEY);
    const stated = state === undefined ? undefined : parseAddress(filterStateText(state) ?? "");
    if (stated !== undefined) return stated;
    if (config.metadataKey !== undefined) {
      const { filter, path } = config.metadataKey;
      const found = this.#parse(valueAt(streamInfo?.getDynamicMetadata(filter), path));
      if (found !== undefined) return found;
    }
    if (config.header !== "") {
      const found = this.#parse(context.requestHeaders?.get(config.header));
      if (found !== undefined) return found;
    }
    return connection?.directLocalAddress === undefined ? undefined : parseAddress(connection.localAddress);
  }

  /** What is there but no address is counted. */
  #parse(value: unknown): ReturnType<typeof parseAddress> {
    if (typeof value !== "string") return undefined;
    const parsed = parseAddress(value);
    if (parsed === undefined) this.#invalid.inc();
    return parsed;
  }

  #cleanUp(): void {
    this.#timer.arm(this.#options.config.cleanupIntervalMs);
    const stale: string[] = [];
    for (const [address, known] of this.#hosts) {
      if (!known.used && !known.host.connected()) stale.push(address);
      known.used = false;
    }
    this.#remove(stale);
  }

  #remove(addresses: readonly string[]): void {
    const gone: Host[] = [];
    for (const address of addresses) {
      const known = this.#hosts.get(address);
      if (known === undefined) continue;
      known.host.removed = true;
      gone.push(known.host);
      this.#hosts.delete(address);
      for (const gauge of this.#gauges) gauge.sub(1);
    }
    if (gone.length === 0) return;
    this.#changes.inc();
    this.#options.onHostsRemoved(gone);
  }
}

/** `1.2.3.4:80` or `[::1]:80`. */
function parseAddress(text: string): { readonly ip: string; readonly port: number } | undefined {
  const [, v6, v4, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? [];
  const ip = v6 ?? v4 ?? "";
  const port = Number(digits);
  if (isIP(ip) !== (v6 === undefined ? 4 : 6) || !(port <= 65_535)) return undefined;
  return { ip, port };
}

/** The value below `root`; of a list its first. */
function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return Array.isArray(value) ? value[0] : value;
}
