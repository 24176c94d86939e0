import { createHash } from "node:crypto";
import {
  type AcmeContext,
  type DnsProviderAccess,
  type DnsRecord,
  leftChallenges,
  removeChallenges,
  storeChallenges,
} from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";
import type { Challenge, Prover } from "../prover.ts";
import type { Turns } from "../turns.ts";
import { awaitRecord } from "./await-record.ts";
import { NameServers } from "./name-servers.ts";
import { openPublisher } from "./open-publisher.ts";

const SPREAD_DEADLINE_MS = 180_000;

/** DNS-01 (RFC 8555, 8.4): a TXT record per name, seen on every name server before the authority is told to look. */
export function dnsProver({
  context,
  certificate,
  provider,
  outbound,
  signal,
  turns,
  spreadDeadlineMs = SPREAD_DEADLINE_MS,
}: {
  readonly context: AcmeContext;
  readonly certificate: string;
  readonly provider: DnsProviderAccess;
  readonly outbound: OutboundPolicy;
  readonly signal: AbortSignal;
  /** Of orders that are under way at once: a zone may not like to be changed twice at a time. */
  readonly turns: Turns;
  readonly spreadDeadlineMs?: number;
}): Prover {
  const { name: dnsProvider, settings } = provider;
  const servers = new NameServers({ outbound, instead: settings.nameServers });
  const publisher = openPublisher(provider, { outbound, signal, now: context.now });
  const turn = (work: () => Promise<void>) => turns.take(`dns-provider/${dnsProvider}`, work);
  return {
    type: "dns-01",
    async present(challenges) {
      const stored = await Promise.all(
        challenges.map(async ({ identifier, token, keyAuthorization }) => {
          const name = `${await servers.target(`_acme-challenge.${identifier}`)}.`;
          const record: DnsRecord = { name, value: recordValue(keyAuthorization) };
          return { type: "dns-01", token, keyAuthorization, certificate, dnsProvider, record } as const;
        }),
      );
      // Written down first: what is put up is taken away even when nobody comes back here.
      await storeChallenges(context, stored);
      for (const { record } of stored) await turn(() => publisher.present(record));
      const waiting = { deadlineMs: spreadDeadlineMs, signal };
      await Promise.all(stored.map(({ record }) => awaitRecord(servers, record, waiting)));
    },
    async withdraw(challenges: readonly Challenge[]) {
      const tokens = new Set(challenges.map(({ token }) => token));
      const left = (await leftChallenges(context)).filter(({ token }) => tokens.has(token));
      const gone: string[] = [];
      for (const { token, record } of left) {
        const taken =
          record === undefined || (await turn(() => publisher.cleanUp(record)).then(done, failed));
        if (taken) gone.push(token);
      }
      await removeChallenges(context, gone);
    },
  };
}

function recordValue(keyAuthorization: string): string {
  return createHash("sha256").update(keyAuthorization).digest("base64url");
}

function done(): boolean {
  return true;
}

/** The row stays, so it is tried again before the next order. */
function failed(): boolean {
  return false;
}
