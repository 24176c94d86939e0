import { CLOCK_SKEW_MS } from "./clock-skew.ts";
import {
  BasicConstraintsExtension,
  generateKeys,
  type JsonGeneralNames,
  keyToPem,
  Pkcs10CertificateRequestGenerator,
  SIGNING_ALGORITHM,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "./x509.ts";

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
): Promise<{ readonly keyPem: string; readonly request: Uint8Array }> {
  const keys = await generateKeys();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "",
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [alternativeNames(names)],
  });
  return { keyPem: await keyToPem(keys.privateKey), request: new Uint8Array(request.rawData) };
}

function alternativeNames(names: readonly string[]): SubjectAlternativeNameExtension {
  return new SubjectAlternativeNameExtension(
    names.map((value): JsonGeneralNames[number] => ({ type: "dns", value })),
  );
}
