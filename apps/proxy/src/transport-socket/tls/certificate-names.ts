import { X509Certificate } from "node:crypto";
import { extensionOf } from "./certificate-extensions.ts";
import { DER_OID, type DerValue, derOidText, derText, readDer, readDerAll } from "./der-reader.ts";

export type SubjectAltNameKind = "dns" | "uri" | "email" | "ip" | "otherName";

export interface SubjectAltName {
  readonly kind: SubjectAltNameKind;
  readonly value: string;
  /** Of an otherName. */
  readonly oid: string;
}

const SUBJECT_ALT_NAME = "2.5.29.17";
const TLS_FEATURE = "1.3.6.1.5.5.7.1.24";
/** `status_request` (RFC 7633 §6). */
const MUST_STAPLE = Buffer.from("3003020105", "hex");

/** GeneralName's context tags (RFC 5280 §4.2.1.6). */
const KINDS: Readonly<Record<number, SubjectAltNameKind>> = {
  129: "email",
  130: "dns",
  134: "uri",
};

/** All subject alternative names; undefined when the certificate has no such extension. */
export function subjectAltNames(certificate: X509Certificate): readonly SubjectAltName[] | undefined {
  const content = extensionOf(certificate, SUBJECT_ALT_NAME);
  if (content === undefined) return undefined;
  const list = readDer(content);
  return readDerAll(list?.content ?? Buffer.alloc(0)).flatMap((name) => generalName(name) ?? []);
}

function generalName(name: DerValue): SubjectAltName | undefined {
  const kind = KINDS[name.tag];
  if (kind !== undefined) return { kind, value: name.content.toString("latin1"), oid: "" };
  if (name.tag === 0x87) {
    const value = ipText(name.content);
    return value === undefined ? undefined : { kind: "ip", value, oid: "" };
  }
  if (name.tag !== 0xa0) return undefined;
  const [type, wrapped] = readDerAll(name.content);
  const value = readDer(wrapped?.content ?? Buffer.alloc(0));
  if (type?.tag !== DER_OID || value === undefined) return undefined;
  return { kind: "otherName", value: derText(value), oid: derOidText(type.content) };
}

function ipText(bytes: Buffer): string | undefined {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return undefined;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  // The URL parser's way of writing an IPv6 address is the canonical one (RFC 5952).
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

export function mustStaple(certificate: X509Certificate): boolean {
  return extensionOf(certificate, TLS_FEATURE)?.equals(MUST_STAPLE) ?? false;
}

/** Common name of the subject; "" when it has none. */
export function commonName(certificate: X509Certificate): string {
  const line = certificate.subject?.split("\n").find((each) => each.startsWith("CN="));
  return line?.slice(3) ?? "";
}

/** RFC 2253 order and commas, as Envoy prints subjects and issuers. */
export function distinguishedName(lines: string | undefined): string {
  return (lines ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .reverse()
    .join(",");
}

const BEGIN_CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** Certificates of a PEM text, in order; throws for one that is cut off, and what node:crypto throws for a malformed one. */
export function certificatesOfPem(pem: Buffer): readonly X509Certificate[] {
  const text = pem.toString("latin1");
  const blocks =
    text.match(
      /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g,
    ) ?? [];
  if (blocks.length < (text.match(BEGIN_CERTIFICATE)?.length ?? 0))
    throw new Error("a certificate has no end");
  return blocks.map((block) => new X509Certificate(block));
}
