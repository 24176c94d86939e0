import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, it } from "node:test";
import { filterProxies, refusalOf } from "../../../../http-filter/testing/start-filter-proxy.ts";
import { parseJwks } from "./parse-jwks.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3";
const SECRET = Buffer.from("a secret that is long enough");
const KEYS = JSON.stringify({ keys: [{ kty: "oct", k: SECRET.toString("base64url"), kid: "a" }] });
const local = { local_jwks: { inline_string: KEYS } };

const filter = (providers: object, requires: object = { provider_name: "p" }, more: object = {}) => ({
  name: "jwt",
  typed_config: {
    "@type": `${TYPE}.JwtAuthentication`,
    providers,
    rules: [{ match: { prefix: "/" }, requires }],
    ...more,
  },
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const unsigned = (payload: object, alg = "HS256"): string =>
  `${encoded({ alg, kid: "a" })}.${encoded(payload)}`;
function token(payload: object): string {
  const text = unsigned(payload);
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}
const bearer = (payload: object) => ({ authorization: `Bearer ${token(payload)}` });

describe("envoy.filters.http.jwt_authn", () => {
  const startProxy = filterProxies();

  it("lets good tokens pass, out of the request, and says what is wrong with others", async () => {
    const proxy = await startProxy({
      filters: [filter({ p: { ...local, claim_to_headers: [{ header_name: "X-Sub", claim_name: "sub" }] } })],
    });
    assert.equal((await proxy.send({ headers: bearer({ sub: "ann" }) })).status, 200);
    const seen = proxy.seen[0]?.headers;
    assert.equal(seen?.["x-sub"], "ann");
    assert.equal(seen?.authorization, undefined);
    const missing = await proxy.send({ headers: { "x-sub": "forged" } });
    assert.equal(missing.status, 401);
    assert.equal(missing.body, "Jwt is missing");
    assert.match(String(missing.headers["www-authenticate"]), /^Bearer realm="http:\/\/[^"]+"$/);
    const late = await proxy.send({ headers: bearer({ exp: 1 }) });
    assert.equal(late.body, "Jwt is expired");
    assert.match(String(late.headers["www-authenticate"]), /, error="invalid_token"$/);
    assert.equal(proxy.stat("http.test.jwt_authn.allowed"), 1);
    assert.equal(proxy.stat("http.test.jwt_authn.denied"), 2);
  });

  it("holds requests until their keys are fetched, and forgets fetches of those that end", async () => {
    const waiting: ServerResponse[] = [];
    const proxy = await startProxy({
      filters: [
        filter({
          p: { remote_jwks: { http_uri: { uri: "http://keys.test/keys", cluster: "up", timeout: "5s" } } },
        }),
      ],
      answer: (message: IncomingMessage, response: ServerResponse) => {
        if (message.url === "/keys") waiting.push(response);
        else response.end("ok");
      },
    });
    const first = proxy.send({ method: "POST", headers: bearer({}), body: "abc" });
    const second = proxy.send({ headers: bearer({}) });
    await until(() => waiting.length === 2);
    assert.deepEqual(
      proxy.seen.map(({ url }) => url),
      ["/keys", "/keys"],
    );
    for (const response of waiting) response.end(KEYS);
    assert.deepEqual([(await first).status, (await second).status], [200, 200]);
    assert.equal(proxy.seen.find(({ url }) => url === "/")?.url, "/");
    assert.ok(proxy.seen.some(({ body }) => body === "abc"));
    assert.equal((await proxy.send({ headers: bearer({}) })).status, 200);
    assert.equal(proxy.stat("http.test.jwt_authn.jwks_fetch_success"), 2);
  });

  it("lets requests wait for the first fetch ahead, and answers them when it fails", async () => {
    const proxy = await startProxy({
      context: { workerIndex: 0 },
      filters: [
        filter({
          p: {
            remote_jwks: {
              http_uri: { uri: "http://keys.test/keys", cluster: "up", timeout: "0.2s" },
              async_fetch: { failed_refetch_duration: "60s" },
            },
          },
        }),
      ],
      answer: (message, response) => {
        if (message.url !== "/keys") response.end("ok");
      },
    });
    const refused = await proxy.send({ headers: bearer({}) });
    assert.equal(refused.body, "Jwks remote fetch is failed");
    assert.equal(proxy.stat("http.test.jwt_authn.jwks_fetch_failed"), 2);
  });

  it("takes no key set that is longer than a megabyte", async () => {
    const proxy = await startProxy({
      filters: [
        filter({ p: { remote_jwks: { http_uri: { uri: "http://k/keys", cluster: "up", timeout: "5s" } } } }),
      ],
      answer: (_message, response) => void response.end(`${KEYS}${" ".repeat(1024 * 1024)}`),
    });
    assert.equal((await proxy.send({ headers: bearer({}) })).body, "Jwks remote fetch is failed");
  });

  it("lets no claim end its header's line", async () => {
    const claims = [
      { header_name: "x-bad", claim_name: "bad" },
      { header_name: "x-good", claim_name: "good" },
    ];
    const proxy = await startProxy({ filters: [filter({ p: { ...local, claim_to_headers: claims } })] });
    await proxy.send({ headers: bearer({ bad: "a\r\nx-injected: 1", good: "b" }) });
    assert.equal(proxy.seen[0]?.headers["x-bad"], undefined);
    assert.equal(proxy.seen[0]?.headers["x-injected"], undefined);
    assert.equal(proxy.seen[0]?.headers["x-good"], "b");
  });

  it("does not take what was signed by another kind of key for its own", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "a" }] });
    const proxy = await startProxy({ filters: [filter({ p: { local_jwks: { inline_string: keys } } })] });
    const rsa = (key: KeyObject): string => {
      const text = unsigned({}, "RS256");
      return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
    };
    const asHmac = unsigned({});
    const mac = createHmac("sha256", publicKey.export({ format: "pem", type: "spki" }));
    const forged = `${asHmac}.${mac.update(asHmac).digest("base64url")}`;
    const statuses: number[] = [];
    for (const text of [
      rsa(privateKey),
      forged,
      `${unsigned({}, "none")}.AAAA`,
      `${unsigned({}, "ES256")}.AAAA`,
    ])
      statuses.push((await proxy.send({ headers: { authorization: `Bearer ${text}` } })).status);
    assert.deepEqual(statuses, [200, 401, 401, 401]);
  });

  it("is refused with keys, names and addresses that it cannot use", async () => {
    const refuse = (providers: object, requires?: object, more?: object): Promise<string> =>
      refusalOf({ filters: [filter(providers, requires, more)] });
    assert.match(
      await refuse({ p: { local_jwks: { inline_string: '{"keys":[]}' } } }),
      /providers\["p"\]\.local_jwks: Provider 'p' in jwt_authn config has invalid local jwks: Jwks doesn't have any valid public key/,
    );
    assert.match(
      await refuse({ p: local }, { provider_name: "q" }),
      /rules\[0\]\.requires\.provider_name: Required provider \['q'\] is not configured\./,
    );
    assert.match(
      await refuse({ p: local }, undefined, {
        requirement_map: { a: { provider_name: "p" }, b: {} },
        rules: [{ match: { prefix: "/" }, requirement_name: "c" }],
      }),
      /rules\[0\]\.requirement_name: Wrong requirement_name: c\. It should be one of \[a,b\]/,
    );
    assert.match(
      await refuse({ p: { remote_jwks: { http_uri: { uri: "keys", cluster: "up", timeout: "1s" } } } }),
      /remote_jwks\.http_uri\.uri: Provider 'p' has an invalid URI: 'keys'/,
    );
  });
});

describe("parseJwks", () => {
  it("names what is wrong with a set", () => {
    const status = (set: unknown): unknown => {
      const parsed = parseJwks(Buffer.from(typeof set === "string" ? set : JSON.stringify(set)));
      return typeof parsed === "string" ? parsed : parsed.map(({ type }) => type);
    };
    const key = (fields: object): object => ({ keys: [fields] });
    assert.equal(status("no"), "JwksParseError");
    assert.equal(status({}), "JwksNoKeys");
    assert.equal(status({ keys: {} }), "JwksBadKeys");
    assert.equal(status(key({})), "JwksMissingKty");
    assert.equal(status(key({ kty: 1 })), "JwksBadKty");
    assert.equal(status(key({ kty: "no" })), "JwksUnknownKty");
    assert.equal(status(key({ kty: "RSA", alg: "ES256" })), "JwksRsaBadAlg");
    assert.equal(status(key({ kty: "RSA", n: "AQAB" })), "JwksRsaMissingE");
    assert.equal(status(key({ kty: "RSA", n: "AQAB", e: "Ag" })), "JwksRsaParseError");
    assert.equal(status(key({ kty: "EC", alg: "ES256", crv: "P-384" })), "JwksEcAlgCrvMismatch");
    assert.equal(status(key({ kty: "EC", crv: "P-256", x: "AQ", y: "AQ" })), "JwksEcParseError");
    assert.equal(status(key({ kty: "oct", alg: "RS256" })), "JwksHmacBadAlg");
    assert.equal(status(key({ kty: "oct", k: "" })), "JwksOctBadBase64");
    assert.equal(status(key({ kty: "OKP", crv: "Ed448" })), "JwksOkpUnsupported");
    assert.equal(status(key({ kty: "OKP", crv: "Ed25519", x: "AQ" })), "JwksOkpLength");
    assert.equal(
      status({ a: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }),
      "JwksX509ParseError",
    );
    assert.deepEqual(status({ keys: [{ kty: "no" }, { kty: "oct", k: "YQ" }] }), ["oct"]);
  });
});

const DEADLINE_MS = 5000;

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!holds()) {
    assert.ok(performance.now() < end, "in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
