import { readFileSync } from "node:fs";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";

/** Paths of the dashboard's own certificate chain and private key, PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
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
  return { cert, key };
}

function read(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${variable}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export interface TlsWatchOptions {
  readonly everyMs: number;
  readonly onReload: () => void;
  /** Said once for each state of the files that is no good; the last good one stays. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Gives new connections what the files hold, within `everyMs` of a change. Contents are compared, since renewals replace files,
 * directories or links. Returns how to stop.
 */
export function followTlsFiles(
  server: Pick<Server, "setSecureContext">,
  files: TlsFiles,
  first: TlsMaterial,
  { everyMs, onReload, onTrouble }: TlsWatchOptions,
): () => void {
  let current = first;
  let trouble = "";
  const timer = setInterval(() => {
    try {
      const next = readTlsFiles(files);
      trouble = "";
      if (next.cert.equals(current.cert) && next.key.equals(current.key)) return;
      server.setSecureContext(next);
      current = next;
      onReload();
    } catch (error) {
      const words = String(error);
      if (words !== trouble) onTrouble(error);
      trouble = words;
    }
  }, everyMs);
  return () => clearInterval(timer);
}
