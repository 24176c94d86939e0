import { count, eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { alertInstance, alertRule } from "../schema/index.ts";
import type { AlertMeasure, AlertRule, AlertScope, AlertThreshold } from "./alert-contract.ts";
import { readRule, requireRule } from "./read-rules.ts";

export interface AlertRuleInput {
  readonly name: string;
  readonly measure: AlertMeasure;
  /** Default: all. */
  readonly scope?: AlertScope | undefined;
  readonly threshold: AlertThreshold;
  /** 10 s to 1 h; default 1 min. */
  readonly windowMs?: number | undefined;
  /** Up to a day; default 1 min. */
  readonly forMs?: number | undefined;
  /** Default 20. */
  readonly requestsMin?: number | undefined;
  /** Default true. */
  readonly enabled?: boolean | undefined;
  /** `revision` of the rule as it was read, 0 of one that is new; another one is a `conflict`. */
  readonly expectedRevision?: number | undefined;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const RULES_MAX = 200;
const WINDOW_MS_MIN = 10_000;
const WINDOW_MS_MAX = 3_600_000;
const FOR_MS_MAX = 86_400_000;

/** Adds a rule or replaces the one of that name, whose alerts begin anew. Needs alert.manage. `bad_input`, `conflict`. */
export async function putAlertRule(context: Context, input: AlertRuleInput): Promise<AlertRule> {
  const { name } = input;
  const attempt = { permission: "alert.manage", action: "alert.put", subject: `alert/${name}` } as const;
  return await change(context, attempt, async (tx) => {
    const wanted = completeRule(input);
    const before = await readRule(tx, name);
    if (input.expectedRevision !== undefined && input.expectedRevision !== (before?.revision ?? 0))
      throw new ConfigError("conflict", `somebody changed the alert rule '${name}' meanwhile`, {
        by: before?.updatedBy,
        at: before?.updatedAt.toISOString(),
      });
    const [known] = await tx.select({ rules: count() }).from(alertRule);
    if (before === undefined && (known?.rules ?? 0) >= RULES_MAX)
      throw new ConfigError("bad_input", `there are at most ${RULES_MAX} alert rules`);
    const values = {
      ...wanted,
      updatedAt: context.now(),
      updatedBy: context.actor.name,
      revision: (before?.revision ?? 0) + 1,
    };
    const [row] = await tx
      .insert(alertRule)
      .values({ name, ...values })
      .onConflictDoUpdate({ target: alertRule.name, set: values })
      .returning();
    if (row === undefined) throw new Error("the rule was not stored");
    await tx.delete(alertInstance).where(eq(alertInstance.rule, name));
    await appendAudit(tx, context, { ...attempt, details: { before: before ?? null, after: wanted } });
    await notify(tx, CHANNELS.notification, { rule: name });
    return row;
  });
}

/** Needs alert.manage. With its alerts and silences. `not_found`. */
export async function removeAlertRule(context: Context, name: string): Promise<void> {
  const attempt = { permission: "alert.manage", action: "alert.remove", subject: `alert/${name}` } as const;
  await change(context, attempt, async (tx) => {
    const before = await requireRule(tx, name);
    await tx.delete(alertRule).where(eq(alertRule.name, name));
    await appendAudit(tx, context, { ...attempt, details: { before } });
    await notify(tx, CHANNELS.notification, { rule: name });
  });
}

/** Throws `bad_input`. */
export function completeRule(
  input: AlertRuleInput,
): Omit<AlertRule, "name" | "updatedAt" | "updatedBy" | "revision"> {
  const { name, measure, threshold, scope = { kind: "all" } } = input;
  const { windowMs = 60_000, forMs = 60_000, requestsMin = 20, enabled = true } = input;
  if (!NAME.test(name))
    throw refusal(`rule name '${name}': use up to 63 small letters, digits, dots, dashes and underscores`);
  if (!Number.isFinite(threshold.value) || threshold.value < 0)
    throw refusal("the threshold is a number from 0");
  if (measure === "error_rate" && threshold.value > 1)
    throw refusal("an error rate is a share from 0 to 1: write 0.05 for 5%");
  if (scope.kind === "all" && scope.name !== undefined) throw refusal("the scope `all` has no name");
  const ofNodes = scope.kind === "all" || scope.kind === "group" || scope.kind === "node";
  if ((measure === "node_lost" || measure === "certificate_days") && !ofNodes)
    throw refusal(`${measure} is measured of all, of groups or of nodes`);
  if (!isWhole(windowMs, WINDOW_MS_MIN, WINDOW_MS_MAX)) throw refusal("the window is 10 s to 1 h");
  if (!isWhole(forMs, 0, FOR_MS_MAX)) throw refusal("the threshold must be crossed for 0 s to a day");
  if (!isWhole(requestsMin, 0, 1_000_000)) throw refusal("the least number of requests is 0 to 1,000,000");
  return { measure, scope, threshold, windowMs, forMs, requestsMin, enabled };
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function refusal(message: string): ConfigError {
  return new ConfigError("bad_input", message);
}
