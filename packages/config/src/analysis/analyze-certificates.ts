import { findCertificates } from "../certificate/find-certificates.ts";
import { readChain } from "../certificate/read-chain.ts";
import { REDACTED } from "../contract.ts";
import { publicKeyOfPrivate } from "../secret/public-key.ts";
import { isToken } from "../secret/secret-token.ts";
import type { AnalyzedCertificate } from "./analysis.ts";

/** What can be said of the certificates of a resource by its text alone; what depends on the time is not. */
export function analyzeCertificates(json: unknown): readonly AnalyzedCertificate[] {
  return findCertificates(json).map(({ path, chain, key }) => {
    const publicKey = chain === undefined ? undefined : (readChain(chain, new Date(0))?.publicKey ?? null);
    const known = keyOf(key);
    return {
      path,
      ...(publicKey === undefined ? {} : { publicKey }),
      ...(known === undefined ? {} : { key: known }),
    };
  });
}

function keyOf(text: string | undefined): AnalyzedCertificate["key"] {
  if (text === undefined || text === "" || REDACTED.test(text.trim())) return undefined;
  if (isToken(text)) return { token: text };
  const publicKey = publicKeyOfPrivate(Buffer.from(text));
  return publicKey === undefined ? undefined : { publicKey };
}
