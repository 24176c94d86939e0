import type { X509Certificate } from "node:crypto";
import { DER_OID, derOidText, readDer, readDerAll } from "./der-reader.ts";

const BASIC_CONSTRAINTS = "2.5.29.19";
const NAME_CONSTRAINTS = "2.5.29.30";
/** Key usage, subject alternative name, basic constraints, extended key usage. */
const KNOWN: ReadonlySet<string> = new Set(["2.5.29.15", "2.5.29.17", BASIC_CONSTRAINTS, "2.5.29.37"]);
const NOTHING = Buffer.alloc(0);
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const EXTENSIONS = 0xa3;

export interface CertificateExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** Without the OCTET STRING around it. */
  readonly content: Buffer;
}

/** RFC 5280 §4.1: the extensions in order; none when the certificate cannot be read. */
function extensionsOf(certificate: X509Certificate): readonly CertificateExtension[] {
  const tbs = readDer(readDer(certificate.raw)?.content ?? NOTHING);
  const wrapped = readDerAll(tbs?.content ?? NOTHING).find(({ tag }) => tag === EXTENSIONS);
  const list = readDer(wrapped?.content ?? NOTHING);
  return readDerAll(list?.content ?? NOTHING).flatMap(({ content }) => {
    const [type, ...rest] = readDerAll(content);
    if (type?.tag !== DER_OID) return [];
    const critical = rest[0]?.tag === BOOLEAN && rest[0].content[0] !== 0;
    return [{ oid: derOidText(type.content), critical, content: rest.at(-1)?.content ?? NOTHING }];
  });
}

export function extensionOf(certificate: X509Certificate, oid: string): Buffer | undefined {
  return extensionsOf(certificate).find((each) => each.oid === oid)?.content;
}

export function basicConstraintsOf(certificate: X509Certificate): {
  readonly pathLength: number | undefined;
} {
  const content = extensionOf(certificate, BASIC_CONSTRAINTS);
  const length = readDerAll(readDer(content ?? NOTHING)?.content ?? NOTHING).find(
    ({ tag }) => tag === INTEGER,
  );
  if (length === undefined) return { pathLength: undefined };
  return { pathLength: length.content.length <= 4 ? length.content.readUIntBE(0, length.content.length) : 0 };
}

export const hasNameConstraints = (certificate: X509Certificate): boolean =>
  extensionOf(certificate, NAME_CONSTRAINTS) !== undefined;

export function hasOnlyKnownCriticalExtensions(certificate: X509Certificate): boolean {
  return extensionsOf(certificate).every(({ oid, critical }) => !critical || KNOWN.has(oid));
}
