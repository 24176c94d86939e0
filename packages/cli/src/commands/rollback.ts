import type { ApiClient } from "../api-client.ts";
import { waitEffective } from "./wait-effective.ts";

/** Makes an older version live; with `waitMs` > 0 returns only when it is effective. */
export async function rollback(
  client: ApiClient,
  version: number,
  waitMs: number,
  warn: (text: string) => void,
) {
  const rollout = await client.version.rollback.mutate({ version });
  if (waitMs > 0) {
    warn(`version ${version} is live again, waiting for the nodes …\n`);
    await waitEffective(client, rollout.id, waitMs);
  }
  return rollout;
}
