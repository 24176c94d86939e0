import { CLOCK_SKEW_MS } from "./clock-skew.ts";
import {
  BasicConstraintsExtension,
  Extension,
  generateKeys,
  generateServerKeys,
  type JsonGeneralNames,
  keyToPem,
  Pkcs10CertificateRequestGenerator,
  type ServerKeyType,
  SIGNING_ALGORITHM,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "./x509.ts";

/** `id-pe-acmeIdentifier` (RFC 8737, 3). */
const ACME_IDENTIFIER = "1.3.6.1.5.5.7.1.31";
const OCTET_STRING = 4;

/** What answers TLS-ALPN-01 for one name: self-signed, with the SHA-256 of the key authorization in it. */
export async function createAcmeTlsCertificate(
  name: string,
  keyAuthorizationHash: Uint8Array,
  now: Date,
  lifetimeMs: number,
): Promise<{ readonly certificatePem: string; readonly keyPem: string }> {
  const keys = await generateKeys();
  const octets = new Uint8Array([OCTET_STRING, keyAuthorizationHash.length, ...keyAuthorizationHash]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ["ACME challenge"] }],
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + lifetimeMs),
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [alternativeNames([name]), new Extension(ACME_IDENTIFIER, true, octets)],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, keyPem: await keyToPem(keys.privateKey) };
}

/** A key and a self-signed server certificate for host names: what a listener may begin with. */
export async function createSelfSigned(
  names: readonly string[],
  now: Date,
  lifetimeMs: number,
): Promise<{ readonly certificatePem: string; readonly keyPem: string; readonly notAfter: Date }> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ O: ["Sluice"] }, { CN: ["Temporary certificate"] }],
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + lifetimeMs),
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [new BasicConstraintsExtension(false, undefined, true), alternativeNames(names)],
  });
  const { notAfter } = certificate;
  return {
    certificatePem: `${certificate.toString("pem")}\n`,
    keyPem: await keyToPem(keys.privateKey),
    notAfter,
  };
}

/** A new key and a request for a certificate for host names; `request` is DER. */
export async function createServerRequest(
  names: readonly string[],
  keyType: ServerKeyType = "ec-p256",
): Promise<{ readonly keyPem: string; readonly request: Uint8Array }> {
  const { keys, signingAlgorithm } = await generateServerKeys(keyType);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "",
    keys,
    signingAlgorithm,
    extensions: [alternativeNames(names)],
  });
  return { keyPem: await keyToPem(keys.privateKey), request: new Uint8Array(request.rawData) };
}

function alternativeNames(names: readonly string[]): SubjectAlternativeNameExtension {
  return new SubjectAlternativeNameExtension(
    names.map((value): JsonGeneralNames[number] => ({ type: "dns", value })),
  );
}
