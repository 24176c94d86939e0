import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type AcmeContext, removeChallenges, storeChallenges, unsettledNodes } from "@sluice/config";
import { createAcmeTlsCertificate } from "@sluice/join/certificates";
import type { Challenge, Prover } from "./prover.ts";

const SETTLED_DEADLINE_MS = 60_000;
const SETTLED_LOOK_MS = 250;
const LIFETIME_MS = 7 * 86_400_000;

interface NodeProverOptions {
  readonly context: AcmeContext;
  /** The certificate that is ordered. */
  readonly certificate: string;
  readonly signal: AbortSignal;
}

/** HTTP-01: nodes hand the question on to the control plane, by a route that is part of what they run anyway. */
export function httpProver({ context, certificate, signal }: NodeProverOptions): Prover {
  return {
    type: "http-01",
    async present(challenges) {
      await storeChallenges(
        context,
        challenges.map(({ token, keyAuthorization }) => ({
          type: "http-01",
          token,
          keyAuthorization,
          certificate,
        })),
      );
      await untilSettled(context, signal, false);
    },
    withdraw: (challenges) => removeChallenges(context, challenges.map(tokenOf)),
  };
}

/** TLS-ALPN-01: nodes get a certificate that answers, and filter chains for the protocol, until it is decided. */
export function alpnProver({ context, certificate, signal }: NodeProverOptions): Prover {
  return {
    type: "tls-alpn-01",
    async present(challenges) {
      const made = await Promise.all(
        challenges.map(async ({ identifier, token, keyAuthorization }) => {
          const hash = createHash("sha256").update(keyAuthorization).digest();
          const { certificatePem, keyPem } = await createAcmeTlsCertificate(
            identifier,
            hash,
            context.now(),
            LIFETIME_MS,
          );
          return {
            type: "tls-alpn-01",
            token,
            keyAuthorization,
            certificate,
            chain: certificatePem,
            keyPem,
          } as const;
        }),
      );
      await storeChallenges(context, made);
      await untilSettled(context, signal, true);
    },
    withdraw: (challenges) => removeChallenges(context, challenges.map(tokenOf)),
  };
}

/**
 * Every node that is connected must run what answers before the authority asks. One that does not get there is not waited for for ever:
 * the authority itself finds out whether it matters.
 */
async function untilSettled(context: AcmeContext, signal: AbortSignal, managed: boolean): Promise<void> {
  const deadline = performance.now() + SETTLED_DEADLINE_MS;
  while ((await unsettledNodes(context, managed)).length > 0 && performance.now() < deadline)
    await sleep(SETTLED_LOOK_MS, undefined, { signal });
}

function tokenOf({ token }: Challenge): string {
  return token;
}
