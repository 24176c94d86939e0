import type { StrategyInput } from "@sluice/config";
import type { ApiClient } from "../api-client.ts";
import { waitsForApproval } from "./approval.ts";
import { waitEffective } from "./wait-effective.ts";

export interface PublishOptions {
  readonly message: string;
  readonly group: string | undefined;
  readonly strategy: StrategyInput | undefined;
  /** Why to publish although checks fail. */
  readonly override: string | undefined;
  /** 0: do not wait. */
  readonly waitMs: number;
}

/** Publishes the draft as it is now; with `waitMs` > 0 returns only when its rollout is done, and throws when it has to be approved first. */
export async function publish(client: ApiClient, options: PublishOptions, warn: (text: string) => void) {
  const { message, group, strategy, override, waitMs } = options;
  const published = await client.version.publish.mutate({
    message,
    group,
    strategy,
    ...(override === undefined ? {} : { override: { reason: override } }),
  });
  const { rollout, request, version } = published;
  if (request !== undefined && waitMs > 0) throw waitsForApproval(request);
  if (rollout !== undefined && waitMs > 0) {
    warn(`version ${version.number} is published as rollout ${rollout.id}, waiting for the nodes …\n`);
    await waitEffective(client, rollout.id, waitMs, warn);
  }
  return published;
}
