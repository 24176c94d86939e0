import { randomUUID } from "node:crypto";
import { desc, eq, gt } from "drizzle-orm";
import { authorize } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Executor } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { alertSilence } from "../schema/index.ts";
import type { Silence } from "./alert-contract.ts";
import { requireRule } from "./read-rules.ts";

export interface CreateSilenceInput {
  /** Default: every rule. */
  readonly rule?: string | undefined;
  /** Default: every target. */
  readonly target?: string | undefined;
  readonly reason: string;
  /** From now, 1 min to 30 days. */
  readonly durationMs: number;
}

const DURATION_MS_MIN = 60_000;
const DURATION_MS_MAX = 30 * 86_400_000;

/** Keeps alerts quiet for a while: they fire as before, and nobody is told. What still fires at its end is told then. Needs alert.manage.
 * `bad_input`, `not_found` (the rule). */
export async function createSilence(context: Context, input: CreateSilenceInput): Promise<Silence> {
  const { rule, target, reason, durationMs } = input;
  const subject = `alert/${rule ?? "*"}`;
  const attempt = { permission: "alert.manage", action: "alert.silence", subject } as const;
  return await change(context, attempt, async (tx) => {
    if (reason.trim() === "" || reason.length > 500)
      throw new ConfigError("bad_input", "say why, in up to 500 characters");
    if (!Number.isFinite(durationMs) || durationMs < DURATION_MS_MIN || durationMs > DURATION_MS_MAX)
      throw new ConfigError("bad_input", "a silence lasts from a minute to 30 days");
    if (rule !== undefined) await requireRule(tx, rule);
    const createdAt = context.now();
    const row = {
      id: randomUUID(),
      rule: rule ?? null,
      target: target ?? null,
      reason,
      author: context.actor.name,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + durationMs),
    };
    await tx.insert(alertSilence).values(row);
    await appendAudit(tx, context, {
      ...attempt,
      details: { silence: row.id, target: row.target, reason, expiresAt: row.expiresAt.toISOString() },
    });
    await notify(tx, CHANNELS.notification, { silence: row.id });
    return toSilence(row);
  });
}

/** Ends it now. Needs alert.manage. `not_found` also for one that has ended. */
export async function endSilence(context: Context, id: string): Promise<void> {
  const attempt = {
    permission: "alert.manage",
    action: "alert.unsilence",
    subject: `silence/${id}`,
  } as const;
  await change(context, attempt, async (tx) => {
    const now = context.now();
    const [row] = await tx.select().from(alertSilence).where(eq(alertSilence.id, id)).for("update");
    if (row === undefined || row.expiresAt <= now)
      throw new ConfigError("not_found", `there is no silence '${id}' in force`);
    await tx.update(alertSilence).set({ expiresAt: now }).where(eq(alertSilence.id, id));
    await appendAudit(tx, context, { ...attempt, details: { rule: row.rule, target: row.target } });
    await notify(tx, CHANNELS.notification, { silence: id });
  });
}

/** In force now, the newest first. Needs telemetry.read. */
export async function listSilences(context: Context): Promise<readonly Silence[]> {
  await authorize(context, { permission: "telemetry.read", action: "alert.silences", subject: "" });
  return await silencesAt(context.db, context.now());
}

export async function silencesAt(executor: Executor, now: Date): Promise<readonly Silence[]> {
  const rows = await executor
    .select()
    .from(alertSilence)
    .where(gt(alertSilence.expiresAt, now))
    .orderBy(desc(alertSilence.createdAt));
  return rows.map(toSilence);
}

/** The one that keeps an alert quiet; undefined: none. */
export function silenceOf(
  silences: readonly Silence[],
  alert: { readonly rule: string; readonly target: string },
): Silence | undefined {
  return silences.find(
    ({ rule, target }) =>
      (rule === undefined || rule === alert.rule) && (target === undefined || target === alert.target),
  );
}

function toSilence(row: typeof alertSilence.$inferSelect): Silence {
  return { ...row, rule: row.rule ?? undefined, target: row.target ?? undefined };
}
