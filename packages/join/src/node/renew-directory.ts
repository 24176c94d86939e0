import { X509Certificate } from "node:crypto";
import { CLOCK_SKEW_MS } from "../certificates/clock-skew.ts";
import { readJoinDirectory, writeJoinDirectory } from "./join-directory.ts";
import { renewCredentials } from "./node-credentials.ts";

export interface Validity {
  readonly notAfter: Date;
  /** From then on it should be renewed: when a third of its life is left. */
  readonly renewFrom: Date;
}

export function validityOf(certificatePem: string): Validity {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const notAfter = new Date(validTo);
  const lifeMs = notAfter.getTime() - new Date(validFrom).getTime() - CLOCK_SKEW_MS;
  return { notAfter, renewFrom: new Date(notAfter.getTime() - lifeMs / 3) };
}

export interface Renewed extends Validity {
  /** False: what is there is fresh enough. */
  readonly renewed: boolean;
}

/** Renews what is in the directory when it is due, or with `force` at once. @throws JoinError */
export async function renewDirectory(
  directory: string,
  options: { readonly now: Date; readonly force: boolean },
): Promise<Renewed> {
  const held = readJoinDirectory(directory);
  const validity = validityOf(held.certificatePem);
  if (!options.force && options.now < validity.renewFrom) return { ...validity, renewed: false };
  const fresh = await renewCredentials(held);
  writeJoinDirectory(directory, fresh);
  return { ...validityOf(fresh.certificatePem), renewed: true };
}
