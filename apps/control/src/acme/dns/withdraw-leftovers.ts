import { type AcmeContext, leftChallenges, openDnsProvider, removeChallenges } from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";
import { openPublisher } from "./open-publisher.ts";

/**
 * Takes away what orders that were broken off left behind. Only for whoever holds the lease, and has no order under way. A record whose
 * provider is gone, or does not answer, is given up: it proves nothing any more.
 */
export async function withdrawLeftovers(
  context: AcmeContext,
  outbound: OutboundPolicy,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const left = await leftChallenges(context);
  for (const { record, dnsProvider } of left) {
    if (record === undefined || dnsProvider === undefined) continue;
    const provider = await openDnsProvider(context, dnsProvider);
    if (provider === undefined) continue;
    const { signal } = new AbortController();
    const publisher = openPublisher(provider, { outbound, signal, now: context.now });
    await publisher.cleanUp(record).catch(onTrouble);
  }
  await removeChallenges(
    context,
    left.map(({ token }) => token),
  );
}
