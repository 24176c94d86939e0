import { UNREADABLE_KEY } from "../secret/public-key.ts";
import type { CertificateProblem } from "./certificate.ts";

/**
 * What is wrong between a certificate and its private key, by the hashes of their public keys; undefined where one is not known
 * (a file on the nodes, an encrypted key).
 */
export function keyProblem(
  certificate: string | undefined,
  privateKey: string | undefined,
): CertificateProblem | undefined {
  if (privateKey === UNREADABLE_KEY)
    return {
      code: "key_unreadable",
      message: "the private key cannot be read; put it there as PEM, all lines from BEGIN to END",
      severity: "error",
    };
  if (certificate === undefined || privateKey === undefined || certificate === privateKey) return undefined;
  return {
    code: "key_mismatch",
    message:
      "the private key does not belong to the certificate; put the key there that the certificate was made for",
    severity: "error",
  };
}
