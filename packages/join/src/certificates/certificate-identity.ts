import { X509Certificate } from "node:crypto";
import { CONTROL_URI, type Labels, nodeOfUris } from "./node-names.ts";

/** Whom a node's certificate names. Says nothing of who signed it: verify the chain first. */
export interface CertificateIdentity {
  readonly nodeId: string;
  readonly labels: Labels;
  /** Hex, lower case. */
  readonly serial: string;
  readonly notAfter: Date;
}

/** Undefined when the certificate is no node's. `certificate`: PEM or DER. */
export function certificateIdentity(certificate: string | Uint8Array): CertificateIdentity | undefined {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return undefined;
  }
  const node = nodeOfUris(urisOf(parsed));
  if (node === undefined) return undefined;
  return {
    nodeId: node.id,
    labels: node.labels,
    serial: parsed.serialNumber.toLowerCase(),
    notAfter: new Date(parsed.validTo),
  };
}

/** Whether a verified certificate is the control plane's own. */
export function isControlCertificate(certificate: X509Certificate): boolean {
  return urisOf(certificate).includes(CONTROL_URI);
}

/** OpenSSL's text quotes an entry as JSON when it holds a character that could be taken for a separator. */
function urisOf({ subjectAltName = "" }: X509Certificate): string[] {
  const entries = subjectAltName.match(/URI:(?:"(?:[^"\\]|\\.)*"|[^,]*)/g) ?? [];
  return entries.map((entry) => {
    const text = entry.slice("URI:".length);
    return text.startsWith('"') ? String(JSON.parse(text)) : text;
  });
}
