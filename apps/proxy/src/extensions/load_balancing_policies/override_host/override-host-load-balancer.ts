import type { StreamInfo } from "@sluice/extension-api";
import type { Host, LoadBalancerContext } from "../../../cluster/thread-local-cluster.ts";
import type { HostSet } from "../../../load-balancer/host-set.ts";
import type {
  LoadBalancer,
  LoadBalancerConfig,
  LoadReportObserver,
} from "../../../load-balancer/load-balancer.ts";

/** `MetadataKey`: a filter's name and the way to a value below it. */
export interface MetadataPath {
  readonly filter: string;
  readonly path: readonly string[];
}

/** Where addresses come from: the header where it is not "", else the metadata. */
export interface OverrideSource {
  readonly header: string;
  readonly metadata: MetadataPath | undefined;
}

/** Plain data. */
export interface OverrideHostConfig {
  readonly sources: readonly OverrideSource[];
  /** Where the address of the chosen host is put in the request's metadata. */
  readonly selectedHostKey: MetadataPath | undefined;
  readonly fallback: LoadBalancerConfig;
}

/** The addresses that a request names, and how many of them its tries have used. */
interface Named {
  readonly addresses: readonly string[];
  used: number;
}

const STATE = "envoy.load_balancing_policies.override_host";

/** Takes the hosts that a request names, one a try, whatever their health; then, and without any, the fallback policy's. */
export class OverrideHostLoadBalancer implements LoadBalancer {
  readonly #config: OverrideHostConfig;
  readonly #fallback: LoadBalancer;
  #byAddress = new Map<string, Host>();

  constructor(config: OverrideHostConfig, fallback: LoadBalancer) {
    this.#config = config;
    this.#fallback = fallback;
  }

  get onLoadReport(): LoadReportObserver | undefined {
    return this.#fallback.onLoadReport;
  }

  update(sets: readonly HostSet[], local: HostSet | undefined): void {
    this.#byAddress = new Map();
    for (const { hosts } of sets) for (const host of hosts) this.#byAddress.set(host.address, host);
    this.#fallback.update(sets, local);
  }

  choose(context: LoadBalancerContext): Host | undefined {
    const { streamInfo } = context;
    if (streamInfo === undefined) return this.#fallback.choose(context);
    const host = this.#nextNamed(context, streamInfo) ?? this.#fallback.choose(context);
    const key = this.#config.selectedHostKey;
    if (key !== undefined && host !== undefined) {
      streamInfo.setDynamicMetadata(key.filter, nested(key.path, host.address));
    }
    return host;
  }

  close(): void {
    this.#fallback.close();
  }

  #nextNamed(context: LoadBalancerContext, streamInfo: StreamInfo): Host | undefined {
    let named = asNamed(streamInfo.filterState.get(STATE));
    if (named === undefined) {
      named = { addresses: this.#addressesOf(context, streamInfo), used: 0 };
      streamInfo.filterState.set(STATE, named);
    }
    while (named.used < named.addresses.length) {
      const host = this.#byAddress.get(named.addresses[named.used++] ?? "");
      if (host !== undefined) return host;
    }
    return undefined;
  }

  #addressesOf(context: LoadBalancerContext, streamInfo: StreamInfo): readonly string[] {
    const addresses: string[] = [];
    for (const { header, metadata } of this.#config.sources) {
      const value =
        metadata === undefined
          ? context.requestHeaders?.get(header)
          : valueAt(streamInfo.getDynamicMetadata(metadata.filter), metadata.path);
      if (typeof value !== "string") continue;
      for (const part of value.split(",")) if (part.trim() !== "") addresses.push(part.trim());
    }
    return addresses;
  }
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

function nested(path: readonly string[], value: string): Record<string, unknown> {
  const [name = "", ...rest] = path;
  return { [name]: rest.length === 0 ? value : nested(rest, value) };
}

/** Nothing else is kept under this name. */
function asNamed(state: unknown): Named | undefined {
  return state as Named | undefined;
}
