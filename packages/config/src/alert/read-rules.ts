import { asc, eq } from "drizzle-orm";
import { authorize } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import { ConfigError, type Context } from "../contract.ts";
import { alertRule } from "../schema/index.ts";
import type { AlertRule } from "./alert-contract.ts";

/** By name. Needs telemetry.read. */
export async function listAlertRules(context: Context): Promise<readonly AlertRule[]> {
  await authorize(context, { permission: "telemetry.read", action: "alert.rules", subject: "" });
  return await context.db.select().from(alertRule).orderBy(asc(alertRule.name));
}

export async function readRule(executor: Executor, name: string): Promise<AlertRule | undefined> {
  const [row] = await executor.select().from(alertRule).where(eq(alertRule.name, name));
  return row;
}

export async function requireRule(executor: Executor, name: string): Promise<AlertRule> {
  const rule = await readRule(executor, name);
  if (rule === undefined) throw new ConfigError("not_found", `there is no alert rule '${name}'`);
  return rule;
}
