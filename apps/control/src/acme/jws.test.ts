import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { bindAccount, keyAuthorization, newAccountKey, publicJwk, signJws } from "./jws.ts";

test("a request is signed with the account's key, as a JWS over header and payload", () => {
  const key = newAccountKey();
  const jws = JSON.parse(signJws(key, { nonce: "n", url: "https://a/" }, { a: 1 })) as Record<string, string>;
  const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
  const signature = Buffer.from(jws.signature ?? "", "base64url");
  const publicKey = { key: createPublicKey(key), dsaEncoding: "ieee-p1363" } as const;
  assert.equal(verify("sha256", signed, publicKey, signature), true);
  const header = JSON.parse(Buffer.from(jws.protected ?? "", "base64url").toString());
  assert.deepEqual(header, { alg: "ES256", nonce: "n", url: "https://a/" });
  assert.equal(JSON.parse(signJws(key, {}, undefined)).payload, "");
});

test("a challenge is answered with the token and the account key's thumbprint", () => {
  const key = newAccountKey();
  assert.deepEqual(Object.keys(publicJwk(key)), ["crv", "kty", "x", "y"]);
  assert.match(keyAuthorization("token", key), /^token\.[A-Za-z0-9_-]{43}$/);
  const bound = bindAccount({ kid: "k", key: Buffer.from("secret") }, "https://a/", key) as Record<
    string,
    string
  >;
  assert.deepEqual(JSON.parse(Buffer.from(bound.payload ?? "", "base64url").toString()), publicJwk(key));
});
