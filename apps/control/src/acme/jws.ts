import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from "node:crypto";

/** An account's key: ECDSA on P-256, PKCS #8 in PEM. */
export function newAccountKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

interface Jwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

/** Members in the order of RFC 7638. */
export function publicJwk(keyPem: string): Jwk {
  const { crv = "", kty = "", x = "", y = "" } = createPublicKey(keyPem).export({ format: "jwk" });
  return { crv, kty, x, y };
}

/** RFC 8555, 8.1. */
export function keyAuthorization(token: string, keyPem: string): string {
  const thumbprint = createHash("sha256")
    .update(JSON.stringify(publicJwk(keyPem)))
    .digest("base64url");
  return `${token}.${thumbprint}`;
}

/** A JWS in flattened JSON (RFC 8555, 6.2); `payload` undefined: POST-as-GET. */
export function signJws(
  keyPem: string,
  header: Readonly<Record<string, unknown>>,
  payload: object | undefined,
): string {
  const protectedHeader = encode({ alg: "ES256", ...header });
  const body = payload === undefined ? "" : encode(payload);
  const signature = sign("sha256", Buffer.from(`${protectedHeader}.${body}`), {
    key: createPrivateKey(keyPem),
    dsaEncoding: "ieee-p1363",
  });
  return JSON.stringify({
    protected: protectedHeader,
    payload: body,
    signature: signature.toString("base64url"),
  });
}

/** External account binding (RFC 8555, 7.3.4): the account's public key, signed with the key that the authority gave. */
export function bindAccount(
  binding: { readonly kid: string; readonly key: Buffer },
  url: string,
  keyPem: string,
): object {
  const protectedHeader = encode({ alg: "HS256", kid: binding.kid, url });
  const payload = encode(publicJwk(keyPem));
  const signature = createHmac("sha256", binding.key)
    .update(`${protectedHeader}.${payload}`)
    .digest("base64url");
  return { protected: protectedHeader, payload, signature };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
