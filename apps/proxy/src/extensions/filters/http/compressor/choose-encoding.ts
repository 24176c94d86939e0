/** A compressor filter of the chain, as the choice sees it. */
export interface Candidate {
  /** `gzip`, `br`, `zstd`. */
  readonly encoding: string;
  /** Wins over encodings that the client likes as much. */
  readonly chooseFirst: boolean;
}

/** Which encoding a response gets, and why: counted by every compressor filter of the chain. */
export interface EncodingChoice {
  /** `identity`: none. */
  readonly encoding: string;
  readonly reason: "notValid" | "identity" | "wildcard" | "named";
}

const NOT_VALID: EncodingChoice = { encoding: "identity", reason: "notValid" };
const IDENTITY: EncodingChoice = { encoding: "identity", reason: "identity" };

/**
 * RFC 9110 §12.5.3, as Envoy reads it: names are compared as they are written, an entry whose weight is no number is passed over,
 * and what has more parameters than a weight has no number. `candidates`: in the chain's order, those that the response's
 * content type is for.
 */
export function chooseEncoding(acceptEncoding: string, candidates: Iterable<Candidate>): EncodingChoice {
  /** In the order of their first filters; of two filters for one encoding the first counts. */
  const allowed = new Map<string, boolean>();
  for (const { encoding, chooseFirst } of candidates) {
    if (!allowed.has(encoding)) allowed.set(encoding, chooseFirst);
  }
  const accepted: { readonly name: string; readonly weight: number }[] = [];
  for (const entry of acceptEncoding.split(",")) {
    if (entry === "") continue;
    const semicolon = entry.indexOf(";");
    const name = (semicolon < 0 ? entry : entry.slice(0, semicolon)).trim();
    const weight = semicolon < 0 ? 1 : parseWeight(entry.slice(semicolon + 1));
    if (weight === undefined) continue;
    accepted.push({ name, weight });
    if (weight === 0) allowed.delete(name);
  }
  if (accepted.length === 0 || allowed.size === 0) return NOT_VALID;
  let best = "identity";
  let bestWeight = 0;
  for (const { name, weight } of accepted) {
    if (!allowed.has(name) && name !== "identity" && name !== "*") continue;
    if (weight > bestWeight || (weight === bestWeight && allowed.get(name) === true)) {
      best = name;
      bestWeight = weight;
    }
  }
  if (bestWeight === 0) return NOT_VALID;
  if (best === "identity") return IDENTITY;
  if (best !== "*") return { encoding: best, reason: "named" };
  const [first] = allowed.keys();
  return first === undefined ? NOT_VALID : { encoding: first, reason: "wildcard" };
}

const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|0x[\da-f]+)$/i;

/** `parameter`: what stands behind the first `;`. 1 where it is no weight; undefined where it is one without a number. */
function parseWeight(parameter: string): number | undefined {
  const equals = parameter.indexOf("=");
  if (equals < 0 || parameter.slice(0, equals).trim().toLowerCase() !== "q") return 1;
  const text = parameter.slice(equals + 1).trim();
  return NUMBER.test(text) ? Number(text) : undefined;
}
