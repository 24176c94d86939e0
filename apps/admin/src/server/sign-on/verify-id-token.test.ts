import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type CryptoKey, createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import type { Discovered } from "./discover.ts";
import { SignOnFailure } from "./sign-on-failure.ts";
import { verifyIdToken } from "./verify-id-token.ts";

const ISSUER = "https://idp.example.org";
const NOW = new Date("2026-03-01T12:00:00Z");
const NOW_S = NOW.getTime() / 1000;
const FINE = { iss: ISSUER, aud: "sluice", sub: "ann", nonce: "n", iat: NOW_S, exp: NOW_S + 300 };

let own: CryptoKey;
let foreign: CryptoKey;
let provider: Pick<Discovered, "document" | "keys">;
before(async () => {
  const pair = await generateKeyPair("ES256");
  own = pair.privateKey;
  foreign = (await generateKeyPair("ES256")).privateKey;
  const keys = createLocalJWKSet({
    keys: [{ ...(await exportJWK(pair.publicKey)), kid: "1", alg: "ES256" }],
  });
  provider = {
    keys,
    document: {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/a`,
      token_endpoint: `${ISSUER}/t`,
      jwks_uri: `${ISSUER}/k`,
      id_token_signing_alg_values_supported: ["ES256", "HS256", "none"],
    },
  };
});

async function outcome(claims: object, key: CryptoKey | Uint8Array = own, alg = "ES256"): Promise<string> {
  const token = await new SignJWT({ ...FINE, ...claims }).setProtectedHeader({ alg, kid: "1" }).sign(key);
  return await verify(token);
}

async function verify(token: string): Promise<string> {
  const expected = { clientId: "sluice", nonce: "n", now: () => NOW };
  return await verifyIdToken(token, provider, expected).then(
    ({ sub }) => String(sub),
    (error: unknown) => {
      if (error instanceof SignOnFailure) return error.code;
      throw error;
    },
  );
}

test("an ID token that is the provider's, for us and of this sign-on says who it is", async () => {
  assert.equal(await outcome({}), "ann");
  assert.equal(await outcome({ aud: ["sluice", "other"], azp: "sluice" }), "ann");
  assert.equal(await outcome({ iat: NOW_S + 30, exp: NOW_S - 30 }), "ann", "clocks may differ a little");
});

test("a token of anybody else, for anybody else, or of another sign-on is refused", async () => {
  assert.equal(await outcome({}, foreign), "token_invalid");
  assert.equal(await outcome({}, new Uint8Array(32), "HS256"), "token_invalid", "a secret is no signature");
  assert.equal(await outcome({ iss: "https://evil.example" }), "token_invalid");
  assert.equal(await outcome({ aud: "other" }), "token_invalid");
  assert.equal(await outcome({ aud: ["sluice", "other"] }), "token_invalid");
  assert.equal(await outcome({ azp: "other" }), "token_invalid");
  assert.equal(await outcome({ nonce: "m" }), "token_invalid");
  assert.equal(await outcome({ nonce: undefined }), "token_invalid");
  assert.equal(await outcome({ sub: undefined }), "token_invalid");
  assert.equal(await outcome({ exp: undefined }), "token_invalid");
  const [, payload] = (await new SignJWT(FINE).setProtectedHeader({ alg: "ES256" }).sign(own)).split(".");
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  assert.equal(await verify(`${none}.${payload}.`), "token_invalid");
  assert.equal(await verify("no token"), "token_invalid");
});

test("a token of another time tells that a clock is wrong", async () => {
  assert.equal(await outcome({ exp: NOW_S - 61 }), "clock");
  assert.equal(await outcome({ nbf: NOW_S + 61 }), "clock");
  assert.equal(await outcome({ iat: NOW_S + 61 }), "clock");
});
