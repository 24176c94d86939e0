import type { Context } from "../contract.ts";

/** The newest rollout's version, without anything else: what a control replica asks when it was notified.
 * Undefined before the first publish. */
export async function liveTarget(
  context: Pick<Context, "sql">,
): Promise<{ readonly rollout: number; readonly version: number } | undefined> {
  throw new Error("being built");
}
