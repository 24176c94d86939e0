import { authorizeRead } from "../access/authorize.ts";
import { byKind } from "../by-kind.ts";
import { ConfigError, type Context, type ResourceKind } from "../contract.ts";
import { DRAFT_ORDER, refreshAnalyses } from "../draft/draft-rows.ts";
import { draftResource } from "../schema/index.ts";
import { buildBootstrap } from "./build-bootstrap.ts";
import type { Exported } from "./export-version.ts";

/** As `exportVersion`, of the draft. `invalid` when a resource does not parse. */
export async function exportDraft(context: Context): Promise<Exported> {
  await authorizeRead(context, "draft.export");
  await refreshAnalyses(context.db);
  const rows = await context.db
    .select()
    .from(draftResource)
    .orderBy(...DRAFT_ORDER);
  const problems = rows
    .filter(({ json }) => json === null)
    .flatMap(({ kind, name, analysis }) =>
      analysis.problems.map((problem) => ({ resource: { kind, name }, problem })),
    );
  if (problems.length > 0)
    throw new ConfigError("invalid", "the draft has texts that do not parse", { problems });
  const of = (wanted: ResourceKind) =>
    new Map(rows.filter(({ kind }) => kind === wanted).map(({ name, json }) => [name, json]));
  return buildBootstrap(byKind(of));
}
