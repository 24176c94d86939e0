import type { RouteAction_HashPolicy } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { Host, LoadBalancerContext } from "../cluster/thread-local-cluster.ts";
import { BoundedLoadTable } from "./bounded-load-table.ts";
import { compileHashPolicy, type HashPolicy, type HashSource } from "./hash-policy.ts";
import type { HostSet } from "./host-set.ts";
import { type HostWeights, normalizeHostWeights } from "./host-weights.ts";
import type { LoadBalancer, PolicyContext } from "./load-balancer.ts";
import { computePriorityState, type PriorityState } from "./priority-load.ts";

/** Says which host a hash belongs to. `attempt`: 0, then more where that host was refused. */
export interface HashTable {
  pick(hash: bigint, attempt: number): Host | undefined;
}

export interface HashSettings {
  /** `locality_weighted_lb_config`: a locality's part of the table goes by its weight. */
  readonly byLocality: boolean;
  /** `use_hostname_for_hashing`. */
  readonly useHostname: boolean;
  /** `hash_balance_factor`, percent of the average load that one host may have; 0: unbounded. */
  readonly balanceFactor: number;
  /** `hash_policy`, in place of the route's where there are any. */
  readonly hashPolicy: readonly RouteAction_HashPolicy[];
}

/**
 * What consistent-hashing policies share: the request's hash says which priority and, by the policy's table, which host; a
 * request without a hash gets any. Degraded hosts get nothing of their own, as in Envoy.
 */
export class HashLoadBalancer implements LoadBalancer {
  readonly onLoadReport = undefined;
  readonly #context: PolicyContext;
  readonly #settings: HashSettings;
  readonly #build: (weights: HostWeights) => HashTable;
  readonly #hashPolicy: HashPolicy | undefined;
  #state: PriorityState | undefined = undefined;
  #tables: readonly HashTable[] = [];
  #allToFirst = false;

  constructor(context: PolicyContext, settings: HashSettings, build: (weights: HostWeights) => HashTable) {
    this.#context = context;
    this.#settings = settings;
    this.#build = build;
    const compiled = compileHashPolicy(settings.hashPolicy, "");
    this.#hashPolicy = compiled.ok ? compiled.value : undefined;
  }

  update(sets: readonly HostSet[]): void {
    const { runtime, panicThreshold } = this.#context;
    const threshold = Math.min(100, runtime.integer("upstream.healthy_panic_threshold", panicThreshold));
    const state = computePriorityState(sets, threshold);
    const { byLocality, balanceFactor } = this.#settings;
    this.#state = state;
    this.#allToFirst = state.loads.healthy[0] === 100;
    this.#tables = sets.map((set, priority) => {
      const weights = normalizeHostWeights(set, state.panic[priority] ?? false, byLocality);
      const table = this.#build(weights);
      return balanceFactor === 0 ? table : new BoundedLoadTable(table, weights, balanceFactor);
    });
  }

  choose(context: LoadBalancerContext): Host | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    const hash = this.#hashOf(context) ?? this.#randomHash();
    const priority = this.#allToFirst ? 0 : priorityOf(hash, state);
    if (state.panic[priority] === true) this.#context.stats.lbHealthyPanic.inc();
    const table = this.#tables[priority];
    let host = table?.pick(hash, 0);
    for (let attempt = 1; attempt <= context.hostSelectionAttempts; attempt++) {
      if (host === undefined || !context.shouldSelectAnotherHost(host)) return host;
      host = table?.pick(hash, attempt);
    }
    return host;
  }

  close(): void {}

  #hashOf(context: LoadBalancerContext): bigint | undefined {
    const policy = this.#hashPolicy;
    if (policy === undefined) return context.computeHash();
    const { requestHeaders } = context;
    return requestHeaders !== undefined && isHashSource(context)
      ? policy.hash(requestHeaders, context)
      : undefined;
  }

  #randomHash(): bigint {
    const { random } = this.#context;
    return (BigInt(random.uint32()) << 32n) | BigInt(random.uint32());
  }
}

function isHashSource(context: LoadBalancerContext): context is LoadBalancerContext & HashSource {
  return context.connection !== undefined && context.streamInfo !== undefined;
}

function priorityOf(hash: bigint, { loads }: PriorityState): number {
  let point = Number(hash % 100n);
  for (const list of [loads.healthy, loads.degraded]) {
    for (let priority = 0; priority < list.length; priority++) {
      point -= list[priority] ?? 0;
      if (point < 0) return priority;
    }
  }
  return 0;
}

/** What stands for a host in a table, as octets: `envoy.lb` / `hash_key` of its metadata, its name or its address. */
export function hashKeyOf(host: Host, useHostname: boolean): string {
  return Buffer.from(keyTextOf(host, useHostname)).toString("latin1");
}

function keyTextOf(host: Host, useHostname: boolean): string {
  const lb = host.metadata?.["envoy.lb"];
  if (typeof lb === "object" && lb !== null && "hash_key" in lb) {
    const key: unknown = lb.hash_key;
    if (typeof key === "string" && key !== "") return key;
  }
  return useHostname ? host.hostname : host.address;
}
