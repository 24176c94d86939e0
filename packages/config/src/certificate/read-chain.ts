import { type KeyObject, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { publicKeyHash } from "../secret/public-key.ts";
import type { CertificateFacts, CertificateProblem } from "./certificate.ts";

export interface ReadChain {
  readonly facts: CertificateFacts;
  /** SHA-256 of the served certificate's public key (SPKI), hex. */
  readonly publicKey: string;
  readonly problems: readonly CertificateProblem[];
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const RSA_BITS_MIN = 2048;
const CHAIN_MAX = 20;

/** Reads a PEM chain; undefined when there is no certificate in it, or one that cannot be read. */
export function readChain(pem: string, now: Date): ReadChain | undefined {
  const certificates: X509Certificate[] = [];
  for (const [block] of [...pem.matchAll(PEM)].slice(0, CHAIN_MAX)) {
    try {
      certificates.push(new X509Certificate(block));
    } catch {
      return undefined;
    }
  }
  const [served] = certificates;
  if (served === undefined) return undefined;
  let publicKey: KeyObject;
  try {
    publicKey = served.publicKey;
  } catch {
    return undefined;
  }
  return {
    facts: factsOf(served, certificates, publicKey),
    publicKey: publicKeyHash(publicKey),
    problems: [...ownProblems(served, publicKey, now), ...chainProblems(certificates, now)],
  };
}

function factsOf(
  served: X509Certificate,
  chain: readonly X509Certificate[],
  key: KeyObject,
): CertificateFacts {
  return {
    subject: oneLine(served.subject),
    issuer: oneLine(served.issuer),
    names: namesOf(served),
    serial: served.serialNumber.toLowerCase(),
    notBefore: new Date(served.validFrom),
    notAfter: new Date(served.validTo),
    keyType: keyTypeOf(key),
    fingerprint: served.fingerprint256.replaceAll(":", "").toLowerCase(),
    selfSigned: isSelfSigned(served),
    chain: chain.map((link) => ({
      subject: oneLine(link.subject),
      issuer: oneLine(link.issuer),
      notAfter: new Date(link.validTo),
    })),
  };
}

function ownProblems(served: X509Certificate, key: KeyObject, now: Date): readonly CertificateProblem[] {
  const problems: CertificateProblem[] = [];
  if (new Date(served.validTo) <= now)
    problems.push(error("expired", `it expired on ${day(served.validTo)}; put a new one in its place`));
  if (new Date(served.validFrom) > now)
    problems.push(warning("not_yet_valid", `it is valid from ${day(served.validFrom)} on`));
  if (namesOf(served).length === 0)
    problems.push(warning("no_names", "it has no subject alternative names: clients take it for no host"));
  if (served.ca && !isSelfSigned(served))
    problems.push(
      warning("authority", "the first certificate is an authority's; put the server's own first"),
    );
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < RSA_BITS_MIN)
    problems.push(warning("weak_key", `its RSA key has ${bits} bits; clients want ${RSA_BITS_MIN} or more`));
  const algorithm = (served as { readonly signatureAlgorithm?: string }).signatureAlgorithm ?? "";
  if (/sha1|md5/i.test(algorithm) && !isSelfSigned(served))
    problems.push(warning("weak_signature", `it is signed with ${algorithm}, which clients refuse`));
  return problems;
}

function chainProblems(chain: readonly X509Certificate[], now: Date): readonly CertificateProblem[] {
  const problems: CertificateProblem[] = [];
  for (const [index, link] of chain.entries()) {
    if (index > 0 && new Date(link.validTo) <= now)
      problems.push(
        error("chain_expired", `${oneLine(link.subject)} of its chain expired on ${day(link.validTo)}`),
      );
    const next = chain[index + 1];
    if (next !== undefined && !isIssuedBy(link, next))
      problems.push(
        warning(
          "chain_order",
          `${oneLine(link.subject)} is followed by ${oneLine(next.subject)}, which did not issue it; put each issuer behind what it issued`,
        ),
      );
  }
  const last = chain.at(-1);
  // A root of the appliance's own is known to those who need it: what is told is a chain that ends where no root can follow.
  if (last !== undefined && chain.length === 1 && !isSelfSigned(last) && !isUnderKnownRoot(last))
    problems.push(
      warning(
        "chain_incomplete",
        `its issuer, ${oneLine(last.issuer)}, is neither in the chain nor a well-known root; clients that do not have it will refuse`,
      ),
    );
  return problems;
}

function isIssuedBy(link: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return link.checkIssued(issuer) && link.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && isIssuedBy(certificate, certificate);
}

let roots: readonly X509Certificate[] | undefined;

function isUnderKnownRoot(certificate: X509Certificate): boolean {
  roots ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return roots.some((root) => root.subject === certificate.issuer && isIssuedBy(certificate, root));
}

function namesOf({ subjectAltName = "" }: X509Certificate): readonly string[] {
  return subjectAltName
    .split(/,\s*/)
    .map((name) => name.replace(/^(DNS|IP Address|URI|email):/, ""))
    .filter((name) => name !== "");
}

function keyTypeOf(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const size = modulusLength ?? namedCurve;
  return [(key.asymmetricKeyType ?? "").toUpperCase(), size].filter((part) => part).join(" ");
}

function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").toReversed().join(", ");
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}

function error(code: CertificateProblem["code"], message: string): CertificateProblem {
  return { code, message, severity: "error" };
}

function warning(code: CertificateProblem["code"], message: string): CertificateProblem {
  return { code, message, severity: "warning" };
}
