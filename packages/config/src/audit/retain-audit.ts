import { sql } from "drizzle-orm";
import { authorize } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { type Actor, ConfigError, type Context } from "../contract.ts";
import { auditRetention } from "../schema/index.ts";
import { appendAudit } from "./append-audit.ts";

const SYSTEM: Actor = { id: "system", name: "Sluice", role: "admin" };
const DAYS_MIN = 7;
const DAYS_MAX = 3_650;
const STEP = 10_000;

/** For how many days events are kept; undefined: for ever. Needs audit.read. */
export async function getAuditRetention(context: Context): Promise<{ readonly days: number | undefined }> {
  await authorize(context, { permission: "audit.read", action: "audit.get_retention", subject: "" });
  const [row] = await context.db.select().from(auditRetention);
  return { days: row?.days ?? undefined };
}

/** `days` undefined: for ever. Needs settings.manage. `bad_input`. */
export async function setAuditRetention(
  context: Context,
  { days }: { readonly days?: number | undefined },
): Promise<void> {
  const attempt = {
    permission: "settings.manage",
    action: "audit.set_retention",
    subject: "audit",
  } as const;
  await change(context, attempt, async (tx) => {
    if (days !== undefined && (!Number.isInteger(days) || days < DAYS_MIN || days > DAYS_MAX))
      throw new ConfigError("bad_input", `events are kept for ${DAYS_MIN} to ${DAYS_MAX} days, or for ever`);
    const [before] = await tx.select().from(auditRetention).for("update");
    await tx.update(auditRetention).set({ days: days ?? null });
    const details = { before: before?.days ?? null, after: days ?? null };
    await appendAudit(tx, context, { ...attempt, details });
  });
}

/**
 * Removes what is older than the retention allows. The hash of the last link that goes stays as the anchor, and an event tells of it, so
 * that the rest can be verified. For the appliance itself, every now and then; any number of replicas may call it.
 */
export async function applyAuditRetention(
  context: Pick<Context, "db" | "now">,
): Promise<{ readonly removed: number }> {
  let removed = 0;
  for (;;) {
    const step = await removeStep(context);
    removed += step;
    if (step < STEP) return { removed };
  }
}

async function removeStep({ db, now }: Pick<Context, "db" | "now">): Promise<number> {
  return await db.transaction(async (tx) => {
    const [row] = await tx.select().from(auditRetention).for("update");
    const days = row?.days ?? undefined;
    if (days === undefined) return 0;
    const before = new Date(now().getTime() - days * 86_400_000).toISOString();
    // Only a beginning of the chain may go, and never its newest link.
    const [last] = await tx.execute<{ seq: string; hash: string }>(sql`
      with begin as (select seq from config.audit_link order by seq limit ${STEP + 1}),
        kept as (
          select min(l.seq) as seq from config.audit_link l join config.audit_event e on e.id = l.event
          where l.seq in (select seq from begin) and e.at >= ${before}::timestamptz)
      select seq, encode(hash, 'hex') as hash from config.audit_link
      where seq = (select least(coalesce((select seq from kept) - 1, ${Number.MAX_SAFE_INTEGER}),
        (select max(seq) from begin) - 1))`);
    if (last === undefined) return 0;
    await tx.execute(sql`select set_config('sluice.audit_retention', 'on', true)`);
    const gone = await tx.execute<{ count: number }>(sql`
      with links as (delete from config.audit_link where seq <= ${last.seq} returning event),
        events as (delete from config.audit_event where id in (select event from links) returning id)
      select count(*)::int as count from events`);
    await tx.execute(sql`select set_config('sluice.audit_retention', 'off', true)`);
    await tx.execute(sql`
      insert into config.audit_anchor (id, seq, hash, at)
      values (true, ${last.seq}, decode(${last.hash}, 'hex'), ${now().toISOString()})
      on conflict (id) do update set seq = excluded.seq, hash = excluded.hash, at = excluded.at`);
    const removed = gone[0]?.count ?? 0;
    await appendAudit(
      tx,
      { actor: SYSTEM, now },
      {
        action: "audit.retain",
        subject: "audit",
        details: { removed, days, upTo: Number(last.seq), hash: last.hash },
      },
    );
    return removed;
  });
}
