// The library's dependency injection wants this before anything of it is loaded.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

export {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
};

/** Every key that Sluice makes: ECDSA on P-256, which each TLS library takes and which signs in well under a millisecond. */
const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
export const SIGNING_ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;

/** Keys that authorities certify for servers. */
export type ServerKeyType = "ec-p256" | "ec-p384" | "rsa-2048" | "rsa-4096";

export function generateKeys(): Promise<{ readonly privateKey: CryptoKey; readonly publicKey: CryptoKey }> {
  return crypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
}

/** With the algorithm that it signs its request with. */
export async function generateServerKeys(type: ServerKeyType) {
  const [family, size] = type.split("-");
  const algorithm = family === "rsa" ? rsa(Number(size)) : { name: "ECDSA", namedCurve: curveOf(type) };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const hash = type === "ec-p384" ? "SHA-384" : "SHA-256";
  return { keys, signingAlgorithm: { name: algorithm.name, hash } };
}

function rsa(modulusLength: number) {
  const publicExponent = new Uint8Array([1, 0, 1]);
  return { name: "RSASSA-PKCS1-v1_5", modulusLength, publicExponent, hash: "SHA-256" };
}

function curveOf(type: ServerKeyType): string {
  return type === "ec-p384" ? "P-384" : "P-256";
}

/** PKCS #8. */
export async function keyToPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

/** @throws when it is not a key of KEY_ALGORITHM in PKCS #8 */
export function keyFromPem(pem: string): Promise<CryptoKey> {
  const base64 = pem.replace(/-----[A-Z ]+-----/g, "");
  return crypto.subtle.importKey("pkcs8", Buffer.from(base64, "base64"), KEY_ALGORITHM, true, ["sign"]);
}
