import type { ResourceKind } from "../contract.ts";
import { type Labels, parseSelector, selectorMatches } from "../group/label-selector.ts";
import type { Permission } from "./permission.ts";

/** A permission that somebody has, perhaps only in a part of the appliance. A limit that is left out limits nothing. */
export interface Grant {
  readonly permission: Permission;
  /** Names of node groups. */
  readonly groups?: readonly string[] | undefined;
  readonly kinds?: readonly ResourceKind[] | undefined;
  /** A label selector over the labels of a node, operators' labels included. */
  readonly selector?: string | undefined;
}

/** On what a verb acts. A limited grant covers it only if every limit names a member of it. */
export interface Scope {
  readonly group?: string | undefined;
  readonly kind?: ResourceKind | undefined;
  readonly labels?: Labels | undefined;
}

export function covers(grant: Grant, permission: Permission, scope: Scope): boolean {
  if (grant.permission !== permission) return false;
  const { groups, kinds, selector } = grant;
  if (groups !== undefined && (scope.group === undefined || !groups.includes(scope.group))) return false;
  if (kinds !== undefined && (scope.kind === undefined || !kinds.includes(scope.kind))) return false;
  if (selector === undefined) return true;
  const parsed = parseSelector(selector);
  // What cannot be read allows nothing; it was checked when it was stored.
  return "selector" in parsed && scope.labels !== undefined && selectorMatches(parsed.selector, scope.labels);
}

/** Whether whoever has `grants` may do everything that `wanted` allows: what a token may be given by its owner. */
export function includesGrant(grants: readonly Grant[], wanted: Grant): boolean {
  return grants.some(
    (grant) =>
      grant.permission === wanted.permission &&
      within(wanted.groups, grant.groups) &&
      within(wanted.kinds, grant.kinds) &&
      (grant.selector === undefined || grant.selector === wanted.selector),
  );
}

function within(inner: readonly string[] | undefined, outer: readonly string[] | undefined): boolean {
  if (outer === undefined) return true;
  return inner?.every((item) => outer.includes(item)) ?? false;
}
