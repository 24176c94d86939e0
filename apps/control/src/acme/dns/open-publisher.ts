import type { DnsProviderAccess } from "@sluice/config";
import type { PublisherOptions, RecordPublisher } from "./record-publisher.ts";
import { updatePublisher } from "./update-publisher.ts";
import { webhookPublisher } from "./webhook-publisher.ts";

/** Of a provider's kind. */
export function openPublisher(
  { settings, ...access }: DnsProviderAccess,
  options: PublisherOptions,
): RecordPublisher {
  return settings.kind === "webhook"
    ? webhookPublisher({ ...access, settings }, options)
    : updatePublisher({ ...access, settings }, options);
}
