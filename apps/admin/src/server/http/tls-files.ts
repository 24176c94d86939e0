import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { TlsMaterial } from "./follow-tls.ts";

/** Paths of the dashboard's own certificate chain and private key, PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** @throws Error with one line that names the variable: a file that cannot be read, or a key that is not the certificate's */
export function readTlsFiles(files: TlsFiles): TlsMaterial {
  const cert = read("SLUICE_TLS_CERT", files.certificate);
  const key = read("SLUICE_TLS_KEY", files.key);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`SLUICE_TLS_CERT and SLUICE_TLS_KEY are no certificate with its key: ${why}`);
  }
  return { cert: cert.toString(), key: key.toString() };
}

function read(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${variable}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
