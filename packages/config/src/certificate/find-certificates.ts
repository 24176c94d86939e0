import { isMap } from "../text/item-keys.ts";

/** A `TlsCertificate` in a resource's JSON. */
export interface FoundCertificate {
  readonly path: string;
  /** PEM, one certificate or a chain; undefined: it is in a file of the nodes. */
  readonly chain: string | undefined;
  /** What stands for the private key: a token, a placeholder, or PEM; undefined: none, or a file. */
  readonly key: string | undefined;
}

/** Every TLS certificate in the JSON of a message, wherever it stands. */
export function findCertificates(json: unknown): readonly FoundCertificate[] {
  const found: FoundCertificate[] = [];
  visit(json, "", found);
  return found;
}

function visit(value: unknown, path: string, found: FoundCertificate[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, `${path}[${index}]`, found);
    return;
  }
  if (!isMap(value)) return;
  if (isMap(value.certificate_chain))
    found.push({ path, chain: inline(value.certificate_chain), key: inline(value.private_key) });
  for (const [key, item] of Object.entries(value)) visit(item, path === "" ? key : `${path}.${key}`, found);
}

function inline(source: unknown): string | undefined {
  if (!isMap(source)) return undefined;
  if (typeof source.inline_string === "string") return source.inline_string;
  if (typeof source.inline_bytes !== "string") return undefined;
  const text = Buffer.from(source.inline_bytes, "base64").toString();
  // A token stands for bytes as it is.
  return text.startsWith("-----") || text.includes("-----BEGIN") ? text : source.inline_bytes;
}
