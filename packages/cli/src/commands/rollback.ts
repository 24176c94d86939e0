import type { StrategyInput } from "@sluice/config";
import type { ApiClient } from "../api-client.ts";
import { waitEffective } from "./wait-effective.ts";

export interface RollbackOptions {
  readonly version: number;
  readonly group: string | undefined;
  readonly strategy: StrategyInput | undefined;
  /** 0: do not wait. */
  readonly waitMs: number;
}

/** Gives a group an older version; with `waitMs` > 0 returns only when its rollout is done. */
export async function rollback(client: ApiClient, options: RollbackOptions, warn: (text: string) => void) {
  const { version, group, strategy, waitMs } = options;
  const rollout = await client.version.rollback.mutate({ version, group, strategy });
  if (waitMs > 0) {
    warn(`version ${version} is rolled out again as rollout ${rollout.id}, waiting for the nodes …\n`);
    await waitEffective(client, rollout.id, waitMs, warn);
  }
  return rollout;
}
