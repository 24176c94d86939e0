import { randomBytes } from "node:crypto";
import { ConfigError, type Context } from "../contract.ts";
import { seal, unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";

/** As the Standard Webhooks specification writes symmetric keys: `whsec_` and 24 to 64 bytes in base64. */
const SIGNING_KEY = /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/;

export function newSigningKey(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** The bytes of a signing key; undefined when it is none. */
export function signingKeyBytes(text: string): Buffer | undefined {
  if (!SIGNING_KEY.test(text)) return undefined;
  const bytes = Buffer.from(text.slice("whsec_".length), "base64");
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
}

/** Sealed for this channel alone: put beside another one's name it does not open. */
export function sealChannelSecret(context: Context, channel: string, secret: string): string {
  if (context.ring === undefined)
    throw new ConfigError("bad_input", "this process has no secret key, so it cannot store secrets");
  return seal(context.ring, purposeOf(channel), Buffer.from(secret));
}

/** @throws EnvelopeError when the ring has not the key, or the text was damaged or moved */
export function unsealChannelSecret(ring: KeyRing, channel: string, sealed: string): string {
  return unseal(ring, purposeOf(channel), sealed).toString("utf8");
}

function purposeOf(channel: string): string {
  return `notification/${channel}`;
}
