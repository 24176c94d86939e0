import type { DnsRecord } from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";

/** Puts TXT records into a zone. Both are harmless when repeated. */
export interface RecordPublisher {
  /** Beside others of the same name. @throws AcmeError */
  present(record: DnsRecord): Promise<void>;
  /** Takes away that one value. @throws AcmeError */
  cleanUp(record: DnsRecord): Promise<void>;
}

export interface PublisherOptions {
  readonly outbound: OutboundPolicy;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}
