import type { StrategyInput } from "@sluice/config";
import type { ApiClient } from "../api-client.ts";
import { waitsForApproval } from "./approval.ts";
import { waitEffective } from "./wait-effective.ts";

export interface RollbackOptions {
  readonly version: number;
  readonly group: string | undefined;
  readonly strategy: StrategyInput | undefined;
  /** Why. */
  readonly reason: string | undefined;
  /** 0: do not wait. */
  readonly waitMs: number;
}

/** Gives a group an older version; with `waitMs` > 0 returns only when its rollout is done, and throws when it has to be approved first. */
export async function rollback(client: ApiClient, options: RollbackOptions, warn: (text: string) => void) {
  const { version, group, strategy, reason, waitMs } = options;
  const started = await client.version.rollback.mutate({ version, group, strategy, reason });
  const { rollout, request } = started;
  if (request !== undefined && waitMs > 0) throw waitsForApproval(request);
  if (rollout !== undefined && waitMs > 0) {
    warn(`version ${version} is rolled out again as rollout ${rollout.id}, waiting for the nodes …\n`);
    await waitEffective(client, rollout.id, waitMs, warn);
  }
  return started;
}
