import { createHash } from "node:crypto";
import type { ResourceKind } from "../contract.ts";

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** What a blob is called: its kind and text, so that comments are kept by versions too. */
export function blobHash(kind: ResourceKind, yaml: string): string {
  return sha256(`${kind}\n${yaml}`);
}
