import type { ApiClient } from "../api-client.ts";
import { waitEffective } from "./wait-effective.ts";

/** Publishes the draft as it is now; with `waitMs` > 0 returns only when it is effective. */
export async function publish(
  client: ApiClient,
  options: { readonly message: string; readonly override: string | undefined; readonly waitMs: number },
  warn: (text: string) => void,
) {
  const published = await client.version.publish.mutate({
    message: options.message,
    ...(options.override === undefined ? {} : { override: { reason: options.override } }),
  });
  if (options.waitMs > 0) {
    warn(`version ${published.version.number} is published, waiting for the nodes …\n`);
    await waitEffective(client, published.rollout.id, options.waitMs);
  }
  return published;
}
