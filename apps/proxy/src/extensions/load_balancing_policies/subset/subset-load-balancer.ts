import type { Gauge } from "@sluice/extension-api";
import type { Host, LoadBalancerContext } from "../../../cluster/thread-local-cluster.ts";
import type { HostSet } from "../../../load-balancer/host-set.ts";
import type {
  LoadBalancer,
  LoadReportObserver,
  PolicyContext,
} from "../../../load-balancer/load-balancer.ts";
import { type MetadataMatch, mergeMetadataMatch } from "../../../load-balancer/metadata-match.ts";
import type { SubsetConfig } from "./config.ts";
import { filterHostSet } from "./filter-host-set.ts";
import { combinationsOf, hostMatches } from "./host-metadata.ts";
import { addSelector, findSelector, type SelectorNode } from "./selector-tree.ts";
import {
  findOrCreateNode,
  findSubset,
  firstOf,
  purgeEmpty,
  type Subset,
  type SubsetLevel,
  subsetsOf,
} from "./subset-tree.ts";

const FALLBACK_LIST = "fallback_list";

/**
 * Hosts by the values of their metadata, a load balancer for each combination that occurs; a request goes to the subset of its
 * `metadata_match`, or where there is none to what the selector or the policy fall back to.
 */
export class SubsetLoadBalancer implements LoadBalancer {
  readonly #config: SubsetConfig;
  readonly #context: PolicyContext;
  readonly #tree: SubsetLevel = new Map();
  /** All hosts, and those of the default subset, where something falls back to them. */
  readonly #any: LoadBalancer | undefined;
  readonly #default: LoadBalancer | undefined;
  readonly #selectors: SelectorNode = { children: new Map(), selector: undefined };
  readonly #duplicates: Gauge;
  /** Threads whose subsets are counted here: in Envoy the main thread has some too, for which the first worker counts. */
  readonly #threads: number;
  /** Any subset's: what it notes of a host holds in all of them. */
  #observer: LoadReportObserver | undefined = undefined;

  constructor(config: SubsetConfig, context: PolicyContext) {
    this.#config = config;
    this.#context = context;
    const uses = (fallback: string): boolean =>
      config.fallback === fallback || config.selectors.some((selector) => selector.fallback === fallback);
    this.#any = uses("any") || config.panicModeAny ? context.createNested(config.policy) : undefined;
    this.#default = uses("default") ? context.createNested(config.policy) : undefined;
    this.#observer = (this.#any ?? this.#default)?.onLoadReport;
    for (const selector of config.selectors) addSelector(this.#selectors, selector);
    this.#threads = context.workerIndex === 0 ? 2 : 1;
    this.#duplicates = context.scope.gauge("lb_subsets_single_host_per_subset_duplicate");
  }

  get onLoadReport(): LoadReportObserver | undefined {
    return this.#observer;
  }

  update(sets: readonly HostSet[], local: HostSet | undefined): void {
    const { localityWeights, defaultSubset, listAsAny } = this.#config;
    const part = (keep: ReadonlySet<Host>): readonly HostSet[] =>
      sets.map((set) => filterHostSet(set, keep, localityWeights));
    const all = sets.flatMap((set) => set.hosts);
    this.#any?.update(part(new Set(all)), local);
    this.#default?.update(
      part(new Set(all.filter((host) => hostMatches(host, defaultSubset, listAsAny)))),
      local,
    );
    for (const subset of subsetsOf(this.#tree)) subset.hosts = new Set();
    this.#distribute(all);
    for (const subset of subsetsOf(this.#tree)) {
      subset.single = subset.balancer === undefined ? firstOf(subset.hosts, sets) : undefined;
      subset.balancer?.update(part(subset.hosts), local);
    }
    purgeEmpty(this.#tree, (subset) => this.#onRemoved(subset));
  }

  choose(context: LoadBalancerContext): Host | undefined {
    const criteria = context.metadataMatch;
    if (!this.#config.fallbackList || criteria === undefined) return this.#chooseBy(context, criteria);
    const list = criteria.find(({ name }) => name === FALLBACK_LIST)?.value;
    const own = list === undefined ? criteria : criteria.filter(({ name }) => name !== FALLBACK_LIST);
    if (!Array.isArray(list) || list.length === 0) return this.#chooseBy(context, own);
    for (const override of list) {
      const merged = isFields(override) ? mergeMetadataMatch(own, override) : own;
      const host = this.#chooseBy(context, merged ?? []);
      if (host !== undefined) return host;
    }
    return undefined;
  }

  close(): void {
    for (const subset of subsetsOf(this.#tree)) this.#onRemoved(subset);
    this.#tree.clear();
    this.#any?.close();
    this.#default?.close();
  }

  /** Puts every host into the subsets that its metadata names. */
  #distribute(hosts: readonly Host[]): void {
    const taken = new Set<string>();
    let duplicates = 0;
    for (const host of hosts) {
      for (const [index, selector] of this.#config.selectors.entries()) {
        for (const criteria of combinationsOf(host, selector.keys, this.#config.listAsAny)) {
          const node = findOrCreateNode(this.#tree, criteria);
          node.subset ??= this.#createSubset(selector.singleHost);
          if (node.subset.balancer === undefined) {
            // One host of each priority; the others get no requests.
            const place = `${index} ${host.priority} ${nameOf(criteria.map(({ key }) => key))}`;
            if (taken.has(place)) {
              duplicates++;
              continue;
            }
            taken.add(place);
          }
          node.subset.hosts.add(host);
        }
      }
    }
    if (this.#context.workerIndex === 0) this.#duplicates.set(duplicates);
  }

  #createSubset(singleHost: boolean): Subset {
    const { stats } = this.#context;
    stats.lbSubsetsActive.add(this.#threads);
    stats.lbSubsetsCreated.add(this.#threads);
    const balancer = singleHost ? undefined : this.#context.createNested(this.#config.policy);
    this.#observer ??= balancer?.onLoadReport;
    return { balancer, hosts: new Set(), single: undefined };
  }

  #onRemoved(subset: Subset): void {
    const { stats } = this.#context;
    stats.lbSubsetsActive.sub(this.#threads);
    stats.lbSubsetsRemoved.add(this.#threads);
    subset.balancer?.close();
  }

  #chooseBy(context: LoadBalancerContext, criteria: MetadataMatch | undefined): Host | undefined {
    const { stats } = this.#context;
    if (criteria !== undefined) {
      const used = this.#config.allowRedundantKeys ? this.#withoutRedundant(criteria) : criteria;
      const subset = findSubset(this.#tree, used);
      if (subset !== undefined && subset.hosts.size > 0) {
        stats.lbSubsetsSelected.inc();
        return subset.balancer === undefined ? subset.single : subset.balancer.choose(context);
      }
      const selector = findSelector(this.#selectors, used);
      switch (selector?.fallback) {
        case "any":
          return this.#any?.choose(context);
        case "default":
          return this.#default?.choose(context);
        case "keys":
          return this.#chooseBy(
            context,
            used.filter(({ name }) => selector.fallbackKeys.includes(name)),
          );
        case "none":
          return undefined;
      }
    }
    return this.#fallBack(context);
  }

  #fallBack(context: LoadBalancerContext): Host | undefined {
    const { fallback, panicModeAny } = this.#config;
    if (fallback === "none") return undefined;
    const { stats } = this.#context;
    const host = (fallback === "any" ? this.#any : this.#default)?.choose(context);
    if (host !== undefined) {
      stats.lbSubsetsFallback.inc();
      return host;
    }
    const panicked = panicModeAny ? this.#any?.choose(context) : undefined;
    if (panicked !== undefined) stats.lbSubsetsFallbackPanic.inc();
    return panicked;
  }

  /** The criteria of the first selector all of whose keys the request has. */
  #withoutRedundant(criteria: MetadataMatch): MetadataMatch {
    for (const { keys } of this.#config.selectors) {
      const own = criteria.filter(({ name }) => keys.includes(name));
      if (own.length === keys.length) return own;
    }
    return criteria;
  }
}

function nameOf(parts: readonly string[]): string {
  return parts.join("\u0000");
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
