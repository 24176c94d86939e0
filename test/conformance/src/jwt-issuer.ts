import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  type webcrypto,
} from "node:crypto";

/** A key that this process made, and signs tokens with. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  /** Its public part, as a member of a key set (of an HMAC key: the secret). */
  readonly jwk: webcrypto.JsonWebKey & { readonly kid?: string };
  sign(text: string, alg: string): Buffer;
}

const CURVES: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

/** `alg`: any that Envoy verifies. */
export function signingKey(alg: string, kid: string): SigningKey {
  if (alg.startsWith("HS")) {
    const secret = randomBytes(64);
    return {
      kid,
      alg,
      jwk: { kty: "oct", k: secret.toString("base64url"), alg, kid },
      sign: (text, as) =>
        createHmac(`sha${as.slice(2)}`, secret)
          .update(text)
          .digest(),
    };
  }
  const { publicKey, privateKey } = pairFor(alg);
  return {
    kid,
    alg,
    jwk: { ...publicKey.export({ format: "jwk" }), alg, kid },
    sign: (text, as) => signed(privateKey, text, as),
  };
}

function pairFor(alg: string): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  const curve = CURVES[alg];
  if (curve !== undefined) return generateKeyPairSync("ec", { namedCurve: curve });
  if (alg === "EdDSA") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

function signed(key: KeyObject, text: string, alg: string): Buffer {
  const octets = Buffer.from(text);
  if (alg === "EdDSA") return sign(undefined, octets, key);
  const digest = `sha${alg.slice(2)}`;
  if (alg.startsWith("ES")) return sign(digest, octets, { key, dsaEncoding: "ieee-p1363" });
  if (alg.startsWith("RS")) return sign(digest, octets, key);
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return sign(digest, octets, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

/** `header`: in place of the key's own `alg` and `kid`. */
export function token(key: SigningKey, payload: unknown, header: object = {}): string {
  const head = { alg: key.alg, kid: key.kid, ...header };
  const text = [head, payload].map((part) => base64Url(JSON.stringify(part))).join(".");
  return `${text}.${key.sign(text, head.alg).toString("base64url")}`;
}

export function keySet(...keys: readonly SigningKey[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
}

export function base64Url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
