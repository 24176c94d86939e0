import { type NodeTypeState, RESOURCE_KINDS, type ResourceKind, type SyncState } from "../contract.ts";
import type { nodeTypeState } from "../schema/index.ts";
import type { VersionKinds } from "../version/version-entries.ts";

export type TypeStateRow = typeof nodeTypeState.$inferSelect;

/** What is judged against: the version that the node should run, and all versions that its rows speak of. */
export interface Target {
  readonly version: number;
  readonly kinds: VersionKinds;
  readonly kindsOf: ReadonlyMap<number, VersionKinds>;
}

/** From the worst to the best. */
const ORDER: readonly SyncState[] = [
  "disconnected",
  "refused",
  "pending",
  "sent",
  "acknowledged",
  "effective",
];

/**
 * How far the node is with one kind. A number of another version counts as the target's where both have the same content of
 * that kind: what did not change is not sent again.
 */
function kindState(kind: ResourceKind, row: TypeStateRow | undefined, target: Target | undefined): SyncState {
  if (target === undefined) return "pending";
  const same = (version: number | null | undefined) =>
    version !== null &&
    version !== undefined &&
    (version === target.version ||
      target.kindsOf.get(version)?.[kind].contentHash === target.kinds[kind].contentHash);
  if (same(row?.refused)) return "refused";
  if (!isWanted(kind, row, target)) return "effective";
  if (same(row?.effective) && same(row?.acknowledged)) return "effective";
  if (same(row?.acknowledged)) return "acknowledged";
  return same(row?.sent) ? "sent" : "pending";
}

/** Nobody asks for routes that no listener names; listeners that are all removed must still be taken away. */
function isWanted(kind: ResourceKind, row: TypeStateRow | undefined, target: Target): boolean {
  if (target.kinds[kind].wanted) return true;
  if (kind !== "listeners" && kind !== "clusters") return false;
  const sent = row?.sent;
  return sent !== null && sent !== undefined && (target.kindsOf.get(sent)?.[kind].count ?? 0) > 0;
}

/** The worst of the kinds' states; `disconnected` whatever they are when the node is. */
export function nodeSync(
  connected: boolean,
  rows: ReadonlyMap<ResourceKind, TypeStateRow>,
  target: Target | undefined,
): SyncState {
  if (!connected) return "disconnected";
  const ranks = RESOURCE_KINDS.map((kind) => ORDER.indexOf(kindState(kind, rows.get(kind), target)));
  return ORDER[Math.min(...ranks)] ?? "pending";
}

/** The newest version whose every kind the node's stats have shown active; undefined when they show a mixture. */
export function effectiveVersion(
  rows: ReadonlyMap<ResourceKind, TypeStateRow>,
  target: Target | undefined,
): number | undefined {
  if (target === undefined) return undefined;
  const candidates = [target.version, ...[...rows.values()].flatMap(({ effective }) => effective ?? [])];
  for (const version of new Set(candidates.toSorted((a, b) => b - a))) {
    const kinds = target.kindsOf.get(version);
    if (kinds === undefined) continue;
    const shown = RESOURCE_KINDS.every((kind) => {
      if (!kinds[kind].wanted) return true;
      const effective = rows.get(kind)?.effective;
      if (effective === null || effective === undefined) return false;
      return target.kindsOf.get(effective)?.[kind].contentHash === kinds[kind].contentHash;
    });
    if (shown && RESOURCE_KINDS.some((kind) => rows.get(kind)?.effective != null)) return version;
  }
  return undefined;
}

export function toTypeState(
  kind: ResourceKind,
  row: TypeStateRow | undefined,
  connected: boolean,
  target: Target | undefined,
): NodeTypeState {
  const { refused, refusal, refusedAt } = row ?? { refused: null, refusal: null, refusedAt: null };
  return {
    kind,
    state: connected ? kindState(kind, row, target) : "disconnected",
    sentVersion: row?.sent ?? undefined,
    acknowledgedVersion: row?.acknowledged ?? undefined,
    effectiveVersion: row?.effective ?? undefined,
    refusal:
      refused === null || refusedAt === null
        ? undefined
        : { version: refused, message: refusal ?? "", at: refusedAt },
  };
}
