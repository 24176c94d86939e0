import { and, eq, lte, sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { Executor } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS } from "../contract.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { source } from "../schema/index.ts";
import type {
  SourceApply,
  SourceContent,
  SourceCredentials,
  SourceKind,
  SourcePhase,
} from "./source-contract.ts";
import { credentialsOf, requireSource, type SourceRow, sealContent, webhookSecretOf } from "./source-rows.ts";

/** What looking at a source needs. */
export interface DueSource {
  readonly name: string;
  readonly kind: SourceKind;
  readonly location: string;
  readonly ref: string;
  readonly path: string;
  readonly apply: SourceApply;
  readonly intervalMs: number;
  readonly appliedCommit: string | undefined;
  readonly credentials: SourceCredentials;
  readonly webhookSecret: string | undefined;
}

/** Names of the sources whose time has come, the longest waiting first. */
export async function dueSources(context: NodeContext): Promise<readonly string[]> {
  const rows = await databaseOver(context.sql)
    .select({ name: source.name })
    .from(source)
    .where(lte(source.nextCheckAt, context.now()))
    .orderBy(source.nextCheckAt);
  return rows.map(({ name }) => name);
}

/** With its secrets in plain, for whoever fetches it or answers its webhook. `not_found`. */
export async function readSource(context: NodeContext, ring: KeyRing, name: string): Promise<DueSource> {
  const row: SourceRow = await requireSource(databaseOver(context.sql), name);
  const { kind, location, ref, path, apply, intervalMs } = row;
  return {
    name,
    kind,
    location,
    ref,
    path,
    apply,
    intervalMs,
    appliedCommit: row.appliedCommit ?? undefined,
    credentials: credentialsOf(ring, row),
    webhookSecret: webhookSecretOf(ring, row),
  };
}

/** Keeps what was fetched. Nothing of the draft moves. */
export async function recordFetched(
  context: NodeContext,
  ring: KeyRing,
  seen: DueSource,
  content: SourceContent,
): Promise<void> {
  const now = context.now();
  const same = content.commit === seen.appliedCommit;
  await databaseOver(context.sql).transaction(async (tx) => {
    const changed = await tx
      .update(source)
      .set({
        commit: content.commit,
        commitSubject: content.subject,
        fetchedAt: now,
        checkedAt: now,
        nextCheckAt: new Date(now.getTime() + seen.intervalMs),
        sealedContent: sealContent(ring, seen.name, content),
        phase: same ? "in_sync" : "pending",
        message: same ? "" : "a commit waits to be applied",
      })
      // Its settings may have changed while it was fetched: then this was another source's content.
      .where(
        and(
          eq(source.name, seen.name),
          eq(source.location, seen.location),
          eq(source.ref, seen.ref),
          eq(source.path, seen.path),
        ),
      )
      .returning({ name: source.name });
    if (changed.length > 0) await tell(tx, seen.name);
  });
}

/** Why it could not be fetched, or not be applied. */
export async function recordTrouble(
  context: NodeContext,
  name: string,
  phase: Extract<SourcePhase, "blocked" | "failed">,
  message: string,
): Promise<void> {
  const now = context.now().toISOString();
  await databaseOver(context.sql).transaction(async (tx) => {
    await tx
      .update(source)
      .set({
        phase,
        message: message.slice(0, 2_000),
        checkedAt: context.now(),
        nextCheckAt: sql`${now}::timestamptz + make_interval(secs => ${source.intervalMs} / 1000.0)`,
      })
      .where(eq(source.name, name));
    await tell(tx, name);
  });
}

const WEBHOOK_PAUSE_SECONDS = 5;

/** Has it looked at soon: at once, or a little after the last look where somebody asks often. */
export async function requestCheck(context: NodeContext, name: string): Promise<void> {
  const now = context.now().toISOString();
  await databaseOver(context.sql)
    .update(source)
    .set({
      nextCheckAt: sql`least(${source.nextCheckAt}, greatest(${now}::timestamptz,
        coalesce(${source.checkedAt}, ${now}::timestamptz) + make_interval(secs => ${WEBHOOK_PAUSE_SECONDS})))`,
    })
    .where(eq(source.name, name));
}

async function tell(executor: Executor, name: string): Promise<void> {
  await notify(executor, CHANNELS.draft, { source: name });
}
