import { createHash, randomBytes, X509Certificate } from "node:crypto";

/**
 * `slj1.<id>.<secret>.<authority>`, base64url: the id names the token in lists, the secret (256 bits) is stored nowhere, and
 * the SHA-256 of the authority's certificate lets a node that knows nothing yet tell its control plane from another.
 */
export interface JoinToken {
  readonly id: string;
  readonly secret: string;
  /** SHA-256 of the authority's certificate (DER), base64url. */
  readonly authority: string;
}

const FORM = /^slj1\.([A-Za-z0-9_-]{12})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

export function newJoinToken(authorityPem: string): JoinToken {
  return {
    id: randomBytes(9).toString("base64url"),
    secret: randomBytes(32).toString("base64url"),
    authority: authorityFingerprint(authorityPem),
  };
}

export function formatJoinToken({ id, secret, authority }: JoinToken): string {
  return `slj1.${id}.${secret}.${authority}`;
}

/** Undefined when it is none. */
export function parseJoinToken(text: string): JoinToken | undefined {
  const [, id, secret, authority] = FORM.exec(text.trim()) ?? [];
  if (id === undefined || secret === undefined || authority === undefined) return undefined;
  return { id, secret, authority };
}

export function joinTokenHash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** @throws when the text is no certificate in PEM */
export function authorityFingerprint(certificatePem: string): string {
  return createHash("sha256").update(new X509Certificate(certificatePem).raw).digest("base64url");
}

/** Of each root in a bundle, in order. @throws when one of them is no certificate */
export function authorityFingerprints(bundlePem: string): readonly string[] {
  return splitCertificates(bundlePem).map(authorityFingerprint);
}

/** The certificates of a bundle, PEM each. */
export function splitCertificates(bundlePem: string): readonly string[] {
  return bundlePem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? [];
}
