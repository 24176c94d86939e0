import { setTimeout as sleep } from "node:timers/promises";
import type { DnsRecord } from "@sluice/config";
import { AcmeError } from "../acme-error.ts";
import { hasRecord, type NameServers } from "./name-servers.ts";

const LOOK_MS = 1_000;
const LOOK_MS_MAX = 10_000;

/**
 * Returns when every name server has the record: an authority asks whichever it likes, and remembers what it did not find.
 *
 * @throws AcmeError which of them lack it when the time is over
 */
export async function awaitRecord(
  servers: NameServers,
  { name, value }: DnsRecord,
  { deadlineMs, signal }: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const plain = name.replace(/\.$/, "");
  const deadline = performance.now() + deadlineMs;
  for (let waitMs = LOOK_MS; ; waitMs = Math.min(waitMs * 2, LOOK_MS_MAX)) {
    const asked = await servers.serversOf(plain);
    const answers = await Promise.all(asked.map((server) => hasRecord(server, plain, value)));
    const lacking = answers.filter((answer) => answer !== true);
    if (lacking.length === 0) return;
    if (performance.now() + waitMs > deadline)
      throw new AcmeError(
        `${name} was put up, but is not seen after ${Math.round(deadlineMs / 1000)} s: ${lacking.join("; ")}`,
      );
    await sleep(waitMs, undefined, { signal });
  }
}
