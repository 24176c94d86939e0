import { and, eq, inArray } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { ConfigError, type Context, type ResourceRef } from "../contract.ts";
import { source, sourceResource } from "../schema/index.ts";

/** Throws `forbidden` when one of them comes from a source that wins, and it is not that source which changes it. */
export async function refuseOwned(
  tx: Transaction,
  context: Context,
  refs: readonly ResourceRef[],
): Promise<void> {
  if (refs.length === 0) return;
  const names = [...new Set(refs.map(({ name }) => name))];
  const rows = await tx
    .select({ kind: sourceResource.kind, name: sourceResource.name, source: source.name })
    .from(sourceResource)
    .innerJoin(source, eq(source.name, sourceResource.source))
    .where(and(eq(source.winner, "source"), inArray(sourceResource.name, names)));
  const owned = rows.find(
    (row) =>
      row.source !== context.source && refs.some(({ kind, name }) => kind === row.kind && name === row.name),
  );
  if (owned === undefined) return;
  throw new ConfigError(
    "forbidden",
    `${owned.kind} '${owned.name}' comes from the source '${owned.source}', which wins: change it there, or let the dashboard win in the source's settings`,
    { source: owned.source },
  );
}
