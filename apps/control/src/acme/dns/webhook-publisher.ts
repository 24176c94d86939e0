import { randomUUID } from "node:crypto";
import {
  type DnsProviderAccess,
  type DnsRecord,
  type DnsWebhookSettings,
  signingKeyBytes,
} from "@sluice/config";
import { OutboundError, type OutboundResponse, outboundRequest } from "@sluice/config/outbound";
import { reasonIn } from "../../notification/send-webhook.ts";
import { signWebhook } from "../../notification/sign-webhook.ts";
import { AcmeError } from "../acme-error.ts";
import type { PublisherOptions, RecordPublisher } from "./record-publisher.ts";

/** Zones may take their time to be written. */
const TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 2_048;
const TTL_SECONDS = 60;

/** POSTs each record as signed JSON, as `docs/certificates.md` says; any 2xx means that it is done. */
export function webhookPublisher(
  {
    name: provider,
    secret,
    settings: { url },
  }: DnsProviderAccess & { readonly settings: DnsWebhookSettings },
  { outbound, signal, now }: PublisherOptions,
): RecordPublisher {
  async function post(action: "present" | "cleanup", { name, value }: DnsRecord): Promise<void> {
    const at = now();
    const data = { name, type: "TXT", value, ttl: TTL_SECONDS };
    const body = JSON.stringify({ type: `dns.${action}`, timestamp: at.toISOString(), data });
    const key = signingKeyBytes(secret);
    if (key === undefined) throw new AcmeError(`the DNS provider '${provider}' has no signing key`);
    let answer: OutboundResponse;
    try {
      answer = await outboundRequest(outbound, {
        url,
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...signWebhook(key, { id: randomUUID(), nowMs: at.getTime(), body }),
        },
        body,
        timeoutMs: TIMEOUT_MS,
        responseBytesMax: ANSWER_BYTES_MAX,
        overlong: "cut",
        signal,
      });
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new AcmeError(`the DNS provider '${provider}' cannot be reached: ${error.message}`);
    }
    const { status } = answer;
    if (status < 200 || status >= 300)
      throw new AcmeError(
        `the DNS provider '${provider}' did not ${WORDS[action]} ${name}: it answered ${status}${reasonIn(answer)}`,
      );
  }
  return {
    present: (record) => post("present", record),
    cleanUp: (record) => post("cleanup", record),
  };
}

const WORDS = { present: "put up", cleanup: "take away" } as const;
