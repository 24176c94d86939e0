import { and, eq } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS, type Context } from "../contract.ts";
import { appendEvents, type EventInput } from "../notification/append-events.ts";
import { alertInstance, alertRule } from "../schema/index.ts";
import type { AlertReading, AlertRule, Silence } from "./alert-contract.ts";
import { describeRule, describeValue } from "./describe-rule.ts";
import { measureRule } from "./measure-rule.ts";
import { nextAlert } from "./next-alert.ts";
import { silenceOf, silencesAt } from "./silences.ts";
import type { ReadTraffic } from "./traffic-figures.ts";

type EvaluationContext = Pick<Context, "db" | "now">;
type InstanceRow = typeof alertInstance.$inferSelect;

/** More targets than anybody looks at. */
const TARGETS_MAX = 2_000;

/**
 * Looks at every rule that is switched on, moves its alerts and writes what is to be told, each rule in a transaction of its own that
 * holds the rule's row. A rule that cannot be measured keeps its alerts as they are; `onTrouble` hears of it.
 */
export async function evaluateAlerts(
  context: EvaluationContext,
  readTraffic: ReadTraffic,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const rules = await context.db.select().from(alertRule);
  for (const rule of rules) {
    try {
      const readings = rule.enabled ? await measureRule(context, rule, readTraffic) : [];
      await context.db.transaction(async (tx) => await moveAlerts(tx, context, rule, readings));
    } catch (error) {
      onTrouble(error);
    }
  }
}

async function moveAlerts(
  tx: Transaction,
  context: EvaluationContext,
  rule: AlertRule,
  readings: readonly AlertReading[],
): Promise<void> {
  const [held] = await tx
    .select({ revision: alertRule.revision })
    .from(alertRule)
    .where(eq(alertRule.name, rule.name))
    .for("update");
  if (held?.revision !== rule.revision) return;
  const rows = await tx.select().from(alertInstance).where(eq(alertInstance.rule, rule.name));
  const before = new Map(rows.map((row) => [row.target, row]));
  const silences = await silencesAt(tx, context.now());
  const seen = new Map(readings.slice(0, TARGETS_MAX).map((reading) => [reading.target, reading]));
  const events: EventInput[] = [];
  let moved = false;
  for (const target of new Set([...seen.keys(), ...before.keys()])) {
    const step = { rule, target, before: before.get(target), reading: seen.get(target), silences };
    moved = (await moveAlert(tx, context, step, events)) || moved;
  }
  await appendEvents(tx, context, events);
  if (moved) await notify(tx, CHANNELS.notification, { rule: rule.name });
}

interface Step {
  readonly rule: AlertRule;
  readonly target: string;
  readonly before: InstanceRow | undefined;
  /** Undefined: the target is not there any more. */
  readonly reading: AlertReading | undefined;
  readonly silences: readonly Silence[];
}

/** Answers whether the state changed; adds what is to be told. */
async function moveAlert(
  tx: Transaction,
  context: EvaluationContext,
  { rule, target, before, reading, silences }: Step,
  events: EventInput[],
): Promise<boolean> {
  const now = context.now();
  const next = nextAlert(before, reading?.crossed ?? false, { now, forMs: rule.forMs });
  const key = and(eq(alertInstance.rule, rule.name), eq(alertInstance.target, target));
  if (next === undefined) {
    if (before === undefined) return false;
    await tx.delete(alertInstance).where(key);
    return true;
  }
  if (next === before && next.state === "resolved") return false;
  const group = reading?.group ?? before?.group ?? null;
  const told = before?.told === true && before.state === "firing";
  const tells =
    next.state === "resolved"
      ? told
      : next.state === "firing" && !told && silenceOf(silences, { rule: rule.name, target }) === undefined;
  if (tells)
    events.push({
      kind: next.state === "firing" ? "alert.firing" : "alert.resolved",
      group: group ?? undefined,
      subject: `alert/${rule.name}`,
      topic: target,
      details: {
        rule: rule.name,
        target,
        value: describeValue(rule.measure, reading?.value),
        condition: describeRule(rule),
      },
    });
  const values = {
    group,
    state: next.state,
    since: next.since,
    value: reading?.value ?? null,
    evaluatedAt: now,
    told: next.state === "firing" && (told || tells),
  };
  await tx
    .insert(alertInstance)
    .values({ rule: rule.name, target, ...values })
    .onConflictDoUpdate({ target: [alertInstance.rule, alertInstance.target], set: values });
  return before?.state !== next.state;
}
