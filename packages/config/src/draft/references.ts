import { sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Analysis } from "../analysis/analysis.ts";
import type { Context, Reference, ResourceRef } from "../contract.ts";
import { draftResource } from "../schema/index.ts";
import { DRAFT_ORDER, isResource, refreshAnalyses } from "./draft-rows.ts";
export interface ReferencesInput {
  /** Only those that stand in this resource; default all of the draft. */
  readonly from?: ResourceRef | undefined;
}

/** Who refers to whom in the draft, dangling ones too. */
export async function references(
  context: Context,
  input: ReferencesInput = {},
): Promise<readonly Reference[]> {
  await authorizeRead(context, "draft.references");
  await refreshAnalyses(context.db);
  const rows = await context.db
    .select({
      kind: draftResource.kind,
      name: draftResource.name,
      found: sql<Analysis["references"]>`${draftResource.analysis}->'references'`,
    })
    .from(draftResource)
    .where(input.from === undefined ? undefined : isResource(input.from))
    .orderBy(...DRAFT_ORDER);
  return rows.flatMap(({ kind, name, found }) =>
    found.map((reference) => ({
      from: { kind, name },
      path: reference.path,
      to: { kind: reference.kind, name: reference.name },
    })),
  );
}
