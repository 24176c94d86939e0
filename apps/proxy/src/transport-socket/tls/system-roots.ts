import { X509Certificate } from "node:crypto";
import { getCACertificates } from "node:tls";

export interface SystemRoots {
  readonly certificates: readonly X509Certificate[];
  /** All of them. */
  readonly pem: string;
}

let known: SystemRoots | undefined;

/** Whom the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` choose others on Linux), as it was when a thread first asked. */
export function systemRoots(): SystemRoots {
  if (known !== undefined) return known;
  // Bundles and directories name the same ones.
  const texts = [...new Set(getCACertificates("system").map((text) => text.trim()))];
  known = { certificates: texts.map((text) => new X509Certificate(text)), pem: texts.join("\n") };
  return known;
}
