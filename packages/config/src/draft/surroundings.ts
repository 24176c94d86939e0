import { and, eq, gt, isNotNull, sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import type { FoundAddress } from "../analysis/analysis.ts";
import type { Surroundings } from "../analysis/cross-check.ts";
import { byKind } from "../by-kind.ts";
import type { Context, ResourceRef } from "../contract.ts";
import { REPLICA_LEASE_MS } from "../node/lease.ts";
import { controlReplica, draftResource, node, secretValue } from "../schema/index.ts";

/** Reads names, addresses and nodes, never texts: fast among thousands. */
export async function readSurroundings(executor: Executor, now: Context["now"]): Promise<Surroundings> {
  const [named, bound, nodes, keys] = await Promise.all([
    executor
      .select({ kind: draftResource.kind, names: sql<string[]>`array_agg(${draftResource.name})` })
      .from(draftResource)
      .groupBy(draftResource.kind),
    executor
      .select({
        name: draftResource.name,
        addresses: sql<FoundAddress[]>`${draftResource.analysis}->'addresses'`,
      })
      .from(draftResource)
      .where(eq(draftResource.kind, "listeners")),
    executor
      .select({ id: node.id, extensions: node.extensions })
      .from(node)
      .innerJoin(controlReplica, eq(controlReplica.id, node.replica))
      .where(
        and(node.connected, gt(controlReplica.heartbeatAt, new Date(now().getTime() - REPLICA_LEASE_MS))),
      ),
    executor
      .select({ id: secretValue.id, publicKey: secretValue.publicKey })
      .from(secretValue)
      .where(isNotNull(secretValue.publicKey)),
  ]);
  return {
    names: byKind((kind) => new Set(named.find((row) => row.kind === kind)?.names)),
    addresses: byAddress(bound),
    publicKeys: new Map(keys.map(({ id, publicKey }) => [id, publicKey ?? ""])),
    nodes: nodes.flatMap(({ id, extensions }) => {
      const types = new Set(extensions.map((text) => text.slice(text.lastIndexOf("/") + 1)));
      return [...types].some((type) => type.startsWith("envoy.extensions.")) ? [{ id, types }] : [];
    }),
  };
}

function byAddress(
  listeners: readonly { readonly name: string; readonly addresses: readonly FoundAddress[] }[],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name, addresses } of listeners) {
    for (const { key } of addresses) {
      const names = found.get(key);
      if (names === undefined) found.set(key, [name]);
      else names.push(name);
    }
  }
  return found;
}

/** The same, as they would be with these resources too. */
export function withResources(around: Surroundings, refs: readonly ResourceRef[]): Surroundings {
  const fresh = refs.filter(({ kind, name }) => !around.names[kind].has(name));
  if (fresh.length === 0) return around;
  const names = { ...around.names };
  for (const [kind, added] of Map.groupBy(fresh, (ref) => ref.kind))
    names[kind] = new Set([...names[kind], ...added.map(({ name }) => name)]);
  return { ...around, names };
}
