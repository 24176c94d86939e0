import {
  createPublicKey,
  createSecretKey,
  type KeyObject,
  type webcrypto,
  X509Certificate,
} from "node:crypto";
import {
  decodeBase64Url,
  isJsonObject,
  type JsonObject,
  member,
  parseJsonObject,
  textMember,
} from "./json-object.ts";
import type { JwtStatus } from "./jwt-status.ts";

/** One key of a set, ready to verify with. */
export interface Jwk {
  readonly type: "EC" | "RSA" | "oct" | "OKP";
  /** "": takes tokens of any `kid`, or `alg`. */
  readonly kid: string;
  readonly alg: string;
  readonly key: KeyObject;
}

export type Jwks = readonly Jwk[];

const RSA_EXPONENTS: ReadonlySet<bigint> = new Set([3n, 65537n]);
const CURVES: readonly (readonly [alg: string, curve: string])[] = [
  ["ES256", "P-256"],
  ["ES384", "P-384"],
  ["ES512", "P-521"],
];
const ED25519_BYTES = 32;

/** A JWK set (RFC 7517), or PEM certificates by `kid`; of its keys those that can be used. Else the first that is wrong with it. */
export function parseJwks(octets: Uint8Array): Jwks | JwtStatus {
  const set = parseJsonObject(octets);
  if (set === undefined) return "JwksParseError";
  const list = member(set, "keys");
  if (list === undefined) return holdsCertificates(set) ? parseCertificates(set) : "JwksNoKeys";
  if (!Array.isArray(list)) return "JwksBadKeys";
  const keys: Jwk[] = [];
  let failure: JwtStatus | undefined;
  for (const one of list as readonly unknown[]) {
    if (!isJsonObject(one)) continue;
    const key = parseJwk(one);
    if (typeof key === "string") failure ??= key;
    else keys.push(key);
  }
  return keys.length > 0 ? keys : (failure ?? "JwksNoValidKeys");
}

function parseJwk(jwk: JsonObject): Jwk | JwtStatus {
  const type = member(jwk, "kty");
  if (type === undefined) return "JwksMissingKty";
  const kid = member(jwk, "kid");
  const alg = member(jwk, "alg");
  const names = { kid: typeof kid === "string" ? kid : "", alg: typeof alg === "string" ? alg : "" };
  const read = typeof type === "string" ? READERS.find(([kind]) => kind === type) : undefined;
  if (read === undefined) return typeof type === "string" ? "JwksUnknownKty" : "JwksBadKty";
  const key = read[1](jwk, names.alg);
  return typeof key === "string" ? key : { type: read[0], ...names, key };
}

function rsaKey(jwk: JsonObject, alg: string): KeyObject | JwtStatus {
  if (alg !== "" && !/^[RP]S/.test(alg)) return "JwksRsaBadAlg";
  const n = required(jwk, "n", "JwksRsaMissingN", "JwksRsaBadN");
  if ("status" in n) return n.status;
  const e = required(jwk, "e", "JwksRsaMissingE", "JwksRsaBadE");
  if ("status" in e) return e.status;
  const modulus = decodeBase64Url(n.text);
  const exponent = decodeBase64Url(e.text);
  if (modulus === undefined || exponent === undefined || !RSA_EXPONENTS.has(integer(exponent)))
    return "JwksRsaParseError";
  return publicKey({ kty: "RSA", n: base64Url(modulus), e: base64Url(exponent) }) ?? "JwksRsaParseError";
}

function ecKey(jwk: JsonObject, alg: string): KeyObject | JwtStatus {
  if (alg !== "" && !alg.startsWith("ES")) return "JwksEcBadAlg";
  const said = textMember(jwk, "crv", "JwksEcBadCrv");
  if ("status" in said) return said.status;
  const curve = said.text ?? "";
  if (alg !== "" && curve !== "" && !CURVES.some(([a, c]) => a === alg && c === curve))
    return "JwksEcAlgCrvMismatch";
  const found = alg === "" && curve === "" ? CURVES[0] : CURVES.find(([a, c]) => a === alg || c === curve);
  if (found === undefined) return "JwksEcUnsupported";
  const x = required(jwk, "x", "JwksEcMissingX", "JwksEcBadX");
  if ("status" in x) return x.status;
  const y = required(jwk, "y", "JwksEcMissingY", "JwksEcBadY");
  if ("status" in y) return y.status;
  const xOctets = decodeBase64Url(x.text);
  const yOctets = decodeBase64Url(y.text);
  if (xOctets === undefined || yOctets === undefined) return "JwksEcBadBase64";
  const bytes = Math.ceil(Number(found[1].slice(2)) / 8);
  const coordinates = { x: padded(xOctets, bytes), y: padded(yOctets, bytes) };
  return publicKey({ kty: "EC", crv: found[1], ...coordinates }) ?? "JwksEcParseError";
}

function hmacKey(jwk: JsonObject, alg: string): KeyObject | JwtStatus {
  if (alg !== "" && !/^HS(256|384|512)$/.test(alg)) return "JwksHmacBadAlg";
  const k = required(jwk, "k", "JwksHmacMissingK", "JwksHmacBadK");
  if ("status" in k) return k.status;
  const octets = decodeBase64Url(k.text);
  return octets === undefined || octets.length === 0 ? "JwksOctBadBase64" : createSecretKey(octets);
}

function ed25519Key(jwk: JsonObject, alg: string): KeyObject | JwtStatus {
  if (alg !== "" && alg !== "EdDSA") return "JwksOkpBadAlg";
  const curve = required(jwk, "crv", "JwksOkpMissingCrv", "JwksOkpBadCrv");
  if ("status" in curve) return curve.status;
  if (curve.text !== "Ed25519") return "JwksOkpUnsupported";
  const x = required(jwk, "x", "JwksOkpMissingX", "JwksOkpBadX");
  if ("status" in x) return x.status;
  const octets = decodeBase64Url(x.text);
  if (octets === undefined) return "JwksOkpBadBase64";
  if (octets.length !== ED25519_BYTES) return "JwksOkpLength";
  return publicKey({ kty: "OKP", crv: "Ed25519", x: base64Url(octets) }) ?? "JwksOkpBadBase64";
}

const READERS: readonly (readonly [Jwk["type"], (jwk: JsonObject, alg: string) => KeyObject | JwtStatus])[] =
  [
    ["EC", ecKey],
    ["RSA", rsaKey],
    ["oct", hmacKey],
    ["OKP", ed25519Key],
  ];

const PEM_BEGIN = "-----BEGIN CERTIFICATE-----\n";
const PEM_END = "\n-----END CERTIFICATE-----\n";

function holdsCertificates(set: JsonObject): boolean {
  const entries = Object.entries(set);
  return (
    entries.length > 0 &&
    entries.every(
      ([kid, pem]) =>
        kid !== "" && typeof pem === "string" && pem.startsWith(PEM_BEGIN) && pem.endsWith(PEM_END),
    )
  );
}

function parseCertificates(set: JsonObject): Jwks | JwtStatus {
  const keys: Jwk[] = [];
  for (const [kid, pem] of Object.entries(set)) {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(String(pem));
    } catch {
      return "JwksX509ParseError";
    }
    const key = certificate.publicKey;
    if (key.asymmetricKeyType !== "rsa") return "JwksX509PubkeyError";
    keys.push({ type: "RSA", kid, alg: "", key });
  }
  return keys;
}

function required(jwk: JsonObject, name: string, missing: JwtStatus, bad: JwtStatus) {
  const found = textMember(jwk, name, bad);
  if ("status" in found) return found;
  return found.text === undefined ? { status: missing } : { text: found.text };
}

/** Undefined: no such key. */
function publicKey(jwk: webcrypto.JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return undefined;
  }
}

function integer(octets: Buffer): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${octets.toString("hex")}`);
}

/** A coordinate in as many octets as its curve wants; one that is too large stays wrong. */
function padded(octets: Buffer, bytes: number): string {
  const bare = octets.subarray(octets.findIndex((octet) => octet !== 0));
  return base64Url(Buffer.concat([Buffer.alloc(Math.max(0, bytes - bare.length)), bare]));
}

function base64Url(octets: Buffer): string {
  return octets.toString("base64url");
}
