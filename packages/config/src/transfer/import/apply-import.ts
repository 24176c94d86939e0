import { editing, requireNeed } from "../../access/authorize.ts";
import { change } from "../../access/change.ts";
import type { Transaction } from "../../access/executor.ts";
import { notify } from "../../access/notify.ts";
import { appendAudit } from "../../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../../contract.ts";
import { lockDraft } from "../../draft/lock-draft.ts";
import { storeTexts } from "../../draft/store-texts.ts";
import { draftRouteTest } from "../../schema/index.ts";
import type { ImportInput, ImportPreview } from "./import-contract.ts";
import { type ImportPlan, planImport } from "./plan-import.ts";
import { readImport } from "./read-import.ts";

export interface ApplyImportInput extends ImportInput {
  /** `ImportPreview.hash`; omit to take in whatever there is. */
  readonly hash?: string | undefined;
}

/**
 * Takes files into the draft, by kind and name; what the draft has besides stays. Doing it twice changes nothing. Needs what an edit
 * of each kind that it changes needs.
 * `conflict` when the draft or the files are no longer what the preview was of, `invalid` as `previewImport`.
 */
export async function applyImport(context: Context, input: ApplyImportInput): Promise<ImportPreview> {
  const subject = input.files[0]?.path ?? "";
  return await change(
    context,
    { permission: "config.edit", scope: "checked inside", action: "draft.import", subject },
    async (tx) => {
      const content = readImport(input);
      await lockDraft(tx, "update");
      const plan = await planImport(tx, context, content);
      const { preview } = plan;
      if (input.hash !== undefined && input.hash !== preview.hash)
        throw new ConfigError("conflict", "the draft changed since this preview was made; look at it again", {
          by: undefined,
          at: undefined,
        });
      await storePlan(tx, context, plan);
      const details = {
        format: preview.format,
        changed: preview.changes.length,
        routeTests: preview.routeTests.length,
        ignored: preview.ignored.length,
      };
      await appendAudit(tx, context, { action: "draft.import", subject, details });
      return preview;
    },
  );
}

/** Within a transaction that has the draft's lock. */
export async function storePlan(tx: Transaction, context: Context, plan: ImportPlan): Promise<void> {
  const texts = plan.toStore.map(({ ref, revision, ...text }) => ({
    ...(revision === undefined ? { kind: ref.kind } : { ...ref, expectedRevision: revision }),
    ...text,
  }));
  await storeTexts(tx, context, texts);
  const by = { updatedAt: context.now(), updatedBy: context.actor.name };
  for (const test of plan.testsToStore) {
    requireNeed(context.actor, editing("routes"), {
      action: "route_test.put",
      subject: `route-test/${test.name}`,
    });
    const values = { test, ...by };
    await tx
      .insert(draftRouteTest)
      .values({ name: test.name, ...values })
      .onConflictDoUpdate({ target: draftRouteTest.name, set: values });
    await appendAudit(tx, context, {
      action: "route_test.put",
      subject: `route-test/${test.name}`,
      details: { test },
    });
    await notify(tx, CHANNELS.draft, { routeTest: test.name });
  }
}
