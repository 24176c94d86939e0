import { constants, createHmac, timingSafeEqual, verify } from "node:crypto";
import type { JwtStatus } from "./jwt-status.ts";
import type { Jwk, Jwks } from "./parse-jwks.ts";
import type { Jwt } from "./parse-jwt.ts";

const ED25519_SIGNATURE_BYTES = 64;

/** Whether some key of the set made the token's signature; keys of another `kid` or `alg` are passed over. */
export function verifySignature(jwt: Jwt, jwks: Jwks): JwtStatus {
  let matched = false;
  for (const jwk of jwks) {
    if (jwt.kid !== "" && jwk.kid !== "" && jwk.kid !== jwt.kid) continue;
    if (jwk.alg !== "" && jwk.alg !== jwt.alg) continue;
    matched = true;
    if (jwk.type === "OKP" && jwt.signature.length !== ED25519_SIGNATURE_BYTES)
      return "JwtEd25519SignatureLength";
    if (madeBy(jwk, jwt)) return "Ok";
  }
  return matched ? "JwtVerificationFail" : "JwksKidAlgMismatch";
}

/** The kind of the key says what is verified; of the token's `alg` only the digest and the padding count, as in Envoy. */
function madeBy({ type, key }: Jwk, { alg, signed, signature }: Jwt): boolean {
  const octets = Buffer.from(signed, "latin1");
  try {
    switch (type) {
      case "EC":
        return verify(digestOf(alg, "ES"), octets, { key, dsaEncoding: "ieee-p1363" }, signature);
      case "RSA":
        if (alg.startsWith("RS")) return verify(digestOf(alg, "RS"), octets, key, signature);
        if (!alg.startsWith("PS")) return false;
        return verify(
          digestOf(alg, "PS"),
          octets,
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
          signature,
        );
      case "oct": {
        const made = createHmac(digestOf(alg, "HS"), key).update(octets).digest();
        return made.length === signature.length && timingSafeEqual(made, signature);
      }
      case "OKP":
        return verify(undefined, octets, key, signature);
    }
  } catch {
    // OpenSSL throws at signatures of some wrong forms.
    return false;
  }
}

/** SHA-256 wherever the family's `alg` does not name another one. */
function digestOf(alg: string, family: string): string {
  if (alg === `${family}384`) return "sha384";
  return alg === `${family}512` ? "sha512" : "sha256";
}
