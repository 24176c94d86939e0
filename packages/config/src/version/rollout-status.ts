import type { Context, RolloutStatus } from "../contract.ts";

/** How far a rollout is, node by node; default: the newest. `not_found`. */
export async function rolloutStatus(context: Context, rolloutId?: number): Promise<RolloutStatus> {
  throw new Error("being built");
}
