import { decodeBase64Url, type JsonObject, member, parseJsonObject } from "./json-object.ts";
import type { JwtStatus } from "./jwt-status.ts";

/** A token, taken apart but not verified (RFC 7519). Texts of its JSON are JavaScript's, not octets. */
export interface Jwt {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** As it stood in the token. */
  readonly payloadBase64Url: string;
  readonly alg: string;
  /** "" : none. */
  readonly kid: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  /** Seconds since the epoch; 0: not said. */
  readonly notBefore: number;
  readonly expires: number;
  /** What the signature is of: header and payload with their dot. */
  readonly signed: string;
  readonly signature: Buffer;
}

const ALGORITHMS: ReadonlySet<string> = new Set(
  ["ES", "HS", "RS", "PS"]
    .flatMap((family) => [`${family}256`, `${family}384`, `${family}512`])
    .concat("EdDSA"),
);
const UINT64_END = 2 ** 64;

/** `token`: as it came from a header, one char an octet. Checks the form of what Envoy checks, in its order. */
export function parseJwt(token: string): Jwt | JwtStatus {
  // As Envoy: empty parts are passed over.
  const parts = token.split(".").filter((part) => part !== "");
  const [headerText, payloadText, signatureText] = parts;
  if (
    parts.length !== 3 ||
    headerText === undefined ||
    payloadText === undefined ||
    signatureText === undefined
  )
    return "JwtBadFormat";
  const headerOctets = decodeBase64Url(headerText);
  if (headerOctets === undefined) return "JwtHeaderBadBase64";
  const header = parseJsonObject(headerOctets);
  if (header === undefined) return "JwtHeaderBadJson";
  const alg = member(header, "alg");
  if (typeof alg !== "string") return "JwtHeaderBadAlg";
  if (!ALGORITHMS.has(alg)) return "JwtHeaderUnknownAlg";
  const kid = member(header, "kid") ?? "";
  if (typeof kid !== "string" || isNull(header, "kid")) return "JwtHeaderBadKid";
  const payloadOctets = decodeBase64Url(payloadText);
  if (payloadOctets === undefined) return "JwtPayloadBadBase64";
  const payload = parseJsonObject(payloadOctets);
  if (payload === undefined) return "JwtPayloadBadJson";
  const issuer = textOf(payload, "iss");
  if (issuer === undefined) return "JwtIssNotString";
  const subject = textOf(payload, "sub");
  if (subject === undefined) return "JwtSubNotString";
  const issued = secondsOf(payload, "iat", "JwtIatNotInteger", "JwtIatOutOfRange");
  if (typeof issued === "string") return issued;
  const notBefore = secondsOf(payload, "nbf", "JwtNbfNotInteger", "JwtNbfOutOfRange");
  if (typeof notBefore === "string") return notBefore;
  const expires = secondsOf(payload, "exp", "JwtExpNotInteger", "JwtExpOutOfRange");
  if (typeof expires === "string") return expires;
  if (textOf(payload, "jti") === undefined) return "JwtJtiNotString";
  const audiences = audiencesOf(payload);
  if (audiences === undefined) return "JwtAudNotString";
  const signature = decodeBase64Url(signatureText);
  if (signature === undefined) return "JwtSignatureBadBase64";
  return {
    header,
    payload,
    payloadBase64Url: payloadText,
    alg,
    kid,
    issuer,
    subject,
    audiences,
    notBefore,
    expires,
    signed: `${headerText}.${payloadText}`,
    signature,
  };
}

/** `nbf` and `exp`, both with some leniency (RFC 7519 §4.1.4, §4.1.5). */
export function timeStatus(jwt: Jwt, nowSeconds: number, skewSeconds: number): JwtStatus {
  if (nowSeconds + skewSeconds < jwt.notBefore) return "JwtNotYetValid";
  return jwt.expires !== 0 && nowSeconds > jwt.expires + skewSeconds ? "JwtExpired" : "Ok";
}

function isNull(object: JsonObject, name: string): boolean {
  return member(object, name) === null;
}

/** "" where it is missing; undefined: no text. */
function textOf(object: JsonObject, name: string): string | undefined {
  const value = member(object, name);
  if (value === undefined) return "";
  return typeof value === "string" ? value : undefined;
}

function secondsOf(
  object: JsonObject,
  name: string,
  noNumber: JwtStatus,
  outOfRange: JwtStatus,
): number | JwtStatus {
  const value = member(object, name);
  if (value === undefined) return 0;
  if (typeof value !== "number") return noNumber;
  return value < 0 || value >= UINT64_END ? outOfRange : Math.trunc(value);
}

/** One text or a list of texts. */
function audiencesOf(payload: JsonObject): readonly string[] | undefined {
  const value = member(payload, "aud");
  if (value === undefined) return [];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return undefined;
  const list: readonly unknown[] = value;
  return list.every((one) => typeof one === "string") ? list : undefined;
}
