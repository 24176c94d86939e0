import { and, eq, ne, sql } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { rowsParameter } from "../access/rows-parameter.ts";
import { ConfigError, type Context, type ResourceRef } from "../contract.ts";
import { source, sourceResource } from "../schema/index.ts";

/** Throws `forbidden` when one of them comes from a source that wins, and it is not that source which changes it. */
export async function refuseOwned(
  tx: Transaction,
  context: Context,
  refs: readonly ResourceRef[],
): Promise<void> {
  if (refs.length === 0) return;
  const given = rowsParameter(refs.map(({ kind, name }) => ({ kind, name })));
  const [owned] = await tx
    .select({ kind: sourceResource.kind, name: sourceResource.name, source: source.name })
    .from(sourceResource)
    .innerJoin(source, eq(source.name, sourceResource.source))
    .where(
      and(
        eq(source.winner, "source"),
        context.source === undefined ? undefined : ne(source.name, context.source),
        sql`(${sourceResource.kind}, ${sourceResource.name}) in (select w.kind, w.name from ${given} as w(kind text, name text))`,
      ),
    )
    .limit(1);
  if (owned === undefined) return;
  throw new ConfigError(
    "forbidden",
    `${owned.kind} '${owned.name}' comes from the source '${owned.source}', which wins: change it there, or let the dashboard win in the source's settings`,
    { source: owned.source },
  );
}
