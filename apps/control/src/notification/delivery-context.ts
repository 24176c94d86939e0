import type { Context, KeyRing } from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";

/** What sending needs; clock and randomness are injected. */
export interface DeliveryContext extends Pick<Context, "db" | "sql" | "now"> {
  readonly ring: KeyRing;
  readonly policy: OutboundPolicy;
  /** The dashboard's address, for links; undefined: messages have none. */
  readonly dashboardUrl: string | undefined;
  /** The appliance's name. */
  readonly appliance: string;
  /** 0…1. */
  readonly random: () => number;
  /** Each try, name resolution included. */
  readonly timeoutMs: number;
}

/** What a round begins with: the rest is in the appliance's settings. */
export type RoundContext = Omit<DeliveryContext, "appliance">;
