import type { X509Certificate } from "node:crypto";
import { extensionOf } from "./certificate-extensions.ts";
import { readDer } from "./der-reader.ts";

const KEY_USAGE = "2.5.29.15";
const DIGITAL_SIGNATURE = 0x80;
const KEY_ENCIPHERMENT = 0x20;

/** Whether an RSA certificate says that its key is not for what the handshake used it for (RFC 5280 §4.2.1.3). */
export function keyUsageForbids(leaf: X509Certificate, version: string, cipher: string): boolean {
  if (leaf.publicKey.asymmetricKeyType !== "rsa") return false;
  const extension = extensionOf(leaf, KEY_USAGE);
  if (extension === undefined) return false;
  // A BIT STRING: the number of unused bits, then the bits.
  const bits = readDer(extension)?.content[1] ?? 0;
  const signs = version === "TLSv1.3" || cipher.startsWith("ECDHE-") || cipher.startsWith("DHE-");
  return (bits & (signs ? DIGITAL_SIGNATURE : KEY_ENCIPHERMENT)) === 0;
}
