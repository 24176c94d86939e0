import type { MetadataMatch } from "../../../load-balancer/metadata-match.ts";
import type { SubsetSelector } from "./config.ts";

/** Selectors by their keys, one key a level. */
export interface SelectorNode {
  readonly children: Map<string, SelectorNode>;
  selector: SubsetSelector | undefined;
}

/**
 * The first of selectors with the same keys holds. As in Envoy, one whose keys are the first ones of an earlier selector's keys has
 * no fallback of its own.
 */
export function addSelector(root: SelectorNode, selector: SubsetSelector): void {
  let node = root;
  let fresh = false;
  for (const key of selector.keys) {
    let next = node.children.get(key);
    fresh = next === undefined;
    if (next === undefined) {
      next = { children: new Map(), selector: undefined };
      node.children.set(key, next);
    }
    node = next;
  }
  if (fresh) node.selector = selector;
}

/** The selector whose keys are exactly those of the criteria. */
export function findSelector(root: SelectorNode, criteria: MetadataMatch): SubsetSelector | undefined {
  let node: SelectorNode | undefined = root;
  for (const { name } of criteria) {
    node = node.children.get(name);
    if (node === undefined) return undefined;
  }
  return node.selector;
}
