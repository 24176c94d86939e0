import type { X509Certificate } from "node:crypto";
import {
  basicConstraintsOf,
  hasNameConstraints,
  hasOnlyKnownCriticalExtensions,
} from "./certificate-extensions.ts";

/**
 * Whether a chain would be trusted if every certificate were within its time. OpenSSL's verdict on time hides earlier ones, and Node
 * cannot turn that check off, so the rest is checked here: signatures, CA flags, path lengths. What this does not judge
 * (name constraints, unknown critical extensions) is not trusted.
 */
export function chainTrustedButForTime(
  chain: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): boolean {
  const anchors = new Set(trusted.map((each) => each.fingerprint256));
  for (const [depth, certificate] of chain.entries()) {
    if (!hasOnlyKnownCriticalExtensions(certificate) || hasNameConstraints(certificate)) return false;
    if (anchors.has(certificate.fingerprint256)) return true;
    const issuer =
      trusted.find((each) => issued(certificate, each)) ??
      [chain[depth + 1]].find((each) => each !== undefined && issued(certificate, each));
    if (issuer === undefined) return false;
    const { pathLength } = basicConstraintsOf(issuer);
    if (!issuer.ca || (pathLength !== undefined && pathLength < depth)) return false;
    if (anchors.has(issuer.fingerprint256)) {
      return hasOnlyKnownCriticalExtensions(issuer) && !hasNameConstraints(issuer);
    }
  }
  return false;
}

function issued(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
