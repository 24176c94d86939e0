import type { Context, Rollout } from "../contract.ts";

export interface RollbackInput {
  readonly version: number;
  /** Number that the user saw as live; with it, a rollout in between is a `conflict`. */
  readonly expectedLive?: number | undefined;
}

/** A rollout of an older version; the draft stays as it is. Editor. `not_found`, `nothing_to_publish` when it is live already, `conflict`. */
export async function rollback(context: Context, input: RollbackInput): Promise<Rollout> {
  throw new Error("being built");
}
