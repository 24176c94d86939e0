import { asc } from "drizzle-orm";
import { authorize } from "../access/authorize.ts";
import type { Context } from "../contract.ts";
import { alertInstance } from "../schema/index.ts";
import type { Alert, AlertState } from "./alert-contract.ts";
import { silenceOf, silencesAt } from "./silences.ts";

const ORDER: readonly AlertState[] = ["firing", "pending", "resolved"];

/** Needs telemetry.read. What is not fine, and what was resolved in the last day: firing first, the newest first. */
export async function listAlerts(context: Context): Promise<readonly Alert[]> {
  await authorize(context, { permission: "telemetry.read", action: "alert.list", subject: "" });
  const [rows, silences] = await Promise.all([
    context.db.select().from(alertInstance).orderBy(asc(alertInstance.rule), asc(alertInstance.target)),
    silencesAt(context.db, context.now()),
  ]);
  return rows
    .map(({ rule, target, state, since, value, evaluatedAt }) => ({
      rule,
      target,
      state,
      since,
      value: value ?? undefined,
      evaluatedAt,
      silence: silenceOf(silences, { rule, target })?.id,
    }))
    .toSorted(
      (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.since.getTime() - a.since.getTime(),
    );
}
