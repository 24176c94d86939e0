import type { Host } from "../../../cluster/thread-local-cluster.ts";
import type { HostSet } from "../../../load-balancer/host-set.ts";
import type { LoadBalancer } from "../../../load-balancer/load-balancer.ts";
import type { MetadataMatch } from "../../../load-balancer/metadata-match.ts";

/** The hosts of one combination of values, and who picks among them. */
export interface Subset {
  /** Undefined: there is one host at most, which is taken whatever its health. */
  readonly balancer: LoadBalancer | undefined;
  hosts: Set<Host>;
  /** Of a single-host subset: the host in the first priority that has one. */
  single: Host | undefined;
}

export interface SubsetNode {
  readonly children: SubsetLevel;
  subset: Subset | undefined;
}

/** By name, then by value (its `key`). */
export type SubsetLevel = Map<string, Map<string, SubsetNode>>;

/** The subset of exactly these criteria. */
export function findSubset(tree: SubsetLevel, criteria: MetadataMatch): Subset | undefined {
  let level = tree;
  let node: SubsetNode | undefined;
  for (const { name, key } of criteria) {
    node = level.get(name)?.get(key);
    if (node === undefined) return undefined;
    level = node.children;
  }
  return node?.subset;
}

export function findOrCreateNode(tree: SubsetLevel, criteria: MetadataMatch): SubsetNode {
  let level = tree;
  let node: SubsetNode = { children: tree, subset: undefined };
  for (const { name, key } of criteria) {
    let values = level.get(name);
    if (values === undefined) {
      values = new Map();
      level.set(name, values);
    }
    let next = values.get(key);
    if (next === undefined) {
      next = { children: new Map(), subset: undefined };
      values.set(key, next);
    }
    node = next;
    level = next.children;
  }
  return node;
}

export function* subsetsOf(tree: SubsetLevel): Generator<Subset> {
  for (const values of tree.values()) {
    for (const { subset, children } of values.values()) {
      if (subset !== undefined) yield subset;
      yield* subsetsOf(children);
    }
  }
}

/** Takes out nodes without hosts and children; `onRemoved` is told of each subset that goes. */
export function purgeEmpty(tree: SubsetLevel, onRemoved: (subset: Subset) => void): void {
  for (const [name, values] of tree) {
    for (const [key, node] of values) {
      purgeEmpty(node.children, onRemoved);
      const used = node.subset !== undefined && node.subset.hosts.size > 0;
      if (used || node.children.size > 0) continue;
      if (node.subset !== undefined) onRemoved(node.subset);
      values.delete(key);
    }
    if (values.size === 0) tree.delete(name);
  }
}

/** The host of the first priority that has one in the subset. */
export function firstOf(hosts: ReadonlySet<Host>, sets: readonly HostSet[]): Host | undefined {
  for (const set of sets) {
    const found = set.hosts.find((host) => hosts.has(host));
    if (found !== undefined) return found;
  }
  return undefined;
}
