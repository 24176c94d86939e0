import { createPublicKey } from "node:crypto";
import {
  generateKeys,
  keyToPem,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SIGNING_ALGORITHM,
} from "./x509.ts";

export interface KeyAndRequest {
  /** PKCS #8; never leaves the node. */
  readonly keyPem: string;
  /** PKCS #10. Names nobody: what the certificate will say is the control plane's decision. */
  readonly requestPem: string;
}

export async function createSigningRequest(): Promise<KeyAndRequest> {
  const keys = await generateKeys();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "",
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
  });
  return { keyPem: await keyToPem(keys.privateKey), requestPem: `${request.toString("pem")}\n` };
}

/** A request whose sender has proven that the key is his. */
export interface VerifiedRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: ArrayBuffer;
}

/** Reads what came over the network; a text says what is wrong with it. Only the key is taken over from a request. */
export async function readSigningRequest(pem: string): Promise<VerifiedRequest | string> {
  try {
    const request = new Pkcs10CertificateRequest(pem);
    if (!(await request.verify())) return "the signing request is not signed by its own key";
    const problem = weakness(request.publicKey.rawData);
    return problem ?? { publicKey: request.publicKey.rawData };
  } catch {
    return "the signing request is no PKCS #10 in PEM";
  }
}

function weakness(spki: ArrayBuffer): string | undefined {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ec":
      if (namedCurve === "prime256v1" || namedCurve === "secp384r1" || namedCurve === "secp521r1") return;
      return `the key's curve ${namedCurve} is not one of P-256, P-384 and P-521`;
    case "rsa":
      return (modulusLength ?? 0) >= 2048 && (modulusLength ?? 0) <= 8192
        ? undefined
        : `an RSA key of ${modulusLength} bits: use 2048 to 8192`;
    default:
      return `keys of type ${key.asymmetricKeyType} are not taken: use ECDSA on P-256`;
  }
}
