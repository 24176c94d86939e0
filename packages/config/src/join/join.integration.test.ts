import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { type Authority, certificateIdentity, createSigningRequest } from "@sluice/join/certificates";
import { eq } from "drizzle-orm";
import { listAudit } from "../audit/list-audit.ts";
import { ensureAuthority } from "../authority/open-authorities.ts";
import type { Context } from "../contract.ts";
import { parseKeyRing } from "../envelope/key-ring.ts";
import { recordConnected } from "../node/record-node-events.ts";
import { authority as authorityTable, joinToken } from "../schema/index.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { createJoinToken } from "./create-join-token.ts";
import { exchangeJoinToken } from "./exchange-join-token.ts";
import { listJoinTokens } from "./list-join-tokens.ts";
import { listNodeCertificates } from "./list-node-certificates.ts";
import { liveCertificates } from "./live-certificates.ts";
import { renewNodeCertificate } from "./renew-node-certificate.ts";
import { revokeJoinToken } from "./revoke-join-token.ts";
import { revokeNode } from "./revoke-node.ts";

const DAY_MS = 86_400_000;
const key = randomBytes(32).toString("base64");
let config: TestConfig;
let ann: Context;
let authority: Authority;
before(async () => {
  config = await startConfig();
  ann = config.as("admin", "ann");
  await assert.rejects(createJoinToken(ann, {}), {
    code: "not_found",
    message: /no certificate authority yet/,
  });
  authority = await ensureAuthority(ann, parseKeyRing(key));
});
after(() => config.close());

const issuing = () => ({ ...ann, authority, lifetimeMs: DAY_MS });

async function exchange(token: string, node?: string) {
  const { requestPem } = await createSigningRequest();
  return exchangeJoinToken(issuing(), { token, node, request: requestPem, peer: "127.0.0.1:1" });
}

test("the authority is made once, sealed, and moved to a new key; without its key it cannot be opened", async () => {
  const again = await Promise.all([1, 2, 3].map(() => ensureAuthority(ann, parseKeyRing(key))));
  for (const { certificatePem } of again) assert.equal(certificatePem, authority.certificatePem);
  const stored = async () => (await ann.db.select().from(authorityTable))[0]?.sealedKey ?? "";
  assert.equal((await stored()).includes("PRIVATE KEY"), false);
  const newKey = randomBytes(32).toString("base64");
  await assert.rejects(ensureAuthority(ann, parseKeyRing(newKey)), { name: "EnvelopeError" });
  const before = await stored();
  await ensureAuthority(ann, parseKeyRing(`${newKey} ${key}`));
  assert.notEqual(await stored(), before);
  await ensureAuthority(ann, parseKeyRing(newKey));
  await ensureAuthority(ann, parseKeyRing(`${key} ${newKey}`));
});

test("a token for one id lets it in once, with its labels; the secret is stored nowhere, both steps are audited", async () => {
  const { id, token } = await createJoinToken(ann, { node: "edge-1", labels: { zone: "a, b" } });
  const issued = await exchange(token);
  assert.deepEqual(certificateIdentity(issued.certificatePem)?.labels, { zone: "a, b" });
  assert.equal(issued.node, "edge-1");
  await assert.rejects(exchange(token), { code: "spent" });
  const [row] = await ann.db.select().from(joinToken).where(eq(joinToken.id, id));
  const secret = token.split(".")[2] ?? "";
  assert.equal(JSON.stringify(row).includes(secret), false);
  const { events } = await listAudit(ann, {});
  assert.deepEqual(
    events.slice(0, 2).map(({ action, subject }) => [action, subject]),
    [
      ["node.join", "node/edge-1"],
      ["join_token.create", `token/${id}`],
    ],
  );
  assert.equal(JSON.stringify(events).includes(secret), false);
  const [listed] = await listJoinTokens(ann);
  assert.deepEqual([listed?.state, listed?.uses, listed?.usesMax], ["spent", 1, 1]);
});

test("of many exchanges at once exactly as many succeed as the token has uses", async () => {
  const { token } = await createJoinToken(ann, { uses: 3, labels: { fleet: "x" } });
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, (_, index) => exchange(token, `fleet-${index}`)),
  );
  const codes = results.map((result) => (result.status === "fulfilled" ? "in" : result.reason.code));
  assert.equal(codes.filter((code) => code === "in").length, 3);
  assert.equal(codes.filter((code) => code === "spent").length, 9);
});

test("a wrong secret, an expired, a revoked and a foreign token, another id and a bad request are refused, and nothing is spent", async () => {
  const { id, token } = await createJoinToken(ann, { node: "edge-2" });
  const [prefix, , , fingerprint] = token.split(".");
  const wrong = [prefix, id, randomBytes(32).toString("base64url"), fingerprint].join(".");
  await assert.rejects(exchange(wrong), { code: "unknown_token", message: "no such join token" });
  await assert.rejects(exchange("slj1.nonsense"), { code: "unknown_token" });
  await assert.rejects(exchange(token, "edge-3"), { code: "wrong_node" });
  await assert.rejects(exchangeJoinToken(issuing(), { token, node: undefined, request: "no", peer: "" }), {
    code: "invalid",
    message: /no PKCS #10/,
  });
  assert.equal((await listJoinTokens(ann))[0]?.uses, 0);
  const short = await createJoinToken(ann, { node: "edge-4", lifetimeS: 60 });
  config.advance(61_000);
  await assert.rejects(exchange(short.token), { code: "expired" });
  await revokeJoinToken(ann, id);
  await revokeJoinToken(ann, id);
  await assert.rejects(exchange(token), { code: "revoked" });
  await assert.rejects(revokeJoinToken(ann, "none"), { code: "not_found" });
});

test("a token for any id takes no known node's place, and names an id", async () => {
  const { token } = await createJoinToken(ann, { uses: 5 });
  await assert.rejects(exchange(token), { code: "invalid", message: /which id/ });
  await assert.rejects(exchange(token, "../x"), { code: "invalid" });
  await assert.rejects(exchange(token, "edge-1"), { code: "taken" });
  await recordConnected(ann, [
    {
      ...{
        id: "plain",
        cluster: "c",
        product: "envoy",
        productVersion: "1",
        labels: {},
        peer: "127.0.0.1:5",
      },
      ...{ extensions: [], replica: "r", connection: "c" },
    },
  ]);
  await assert.rejects(exchange(token, "plain"), { code: "taken" });
  assert.equal((await exchange(token, "fresh")).node, "fresh");
  const bound = await createJoinToken(ann, { node: "plain" });
  assert.equal((await exchange(bound.token)).node, "plain");
});

test("a certificate is renewed with id and labels until the node is revoked; then only a newer token lets it in", async () => {
  const { token } = await createJoinToken(ann, { node: "edge-9", labels: { tier: "1" } });
  const older = await createJoinToken(ann, { node: "edge-9" });
  const first = await exchange(token);
  const { requestPem } = await createSigningRequest();
  const renew = (serial: string) =>
    renewNodeCertificate(issuing(), { node: "edge-9", serial, request: requestPem, peer: "127.0.0.1:2" });
  const second = await renew(first.serial);
  assert.deepEqual(certificateIdentity(second.certificatePem)?.labels, { tier: "1" });
  const [listed] = await listNodeCertificates(ann, { node: "edge-9" });
  assert.deepEqual([listed?.serial, listed?.renewed, listed?.state], [second.serial, true, "valid"]);

  config.advance(1000);
  assert.deepEqual(await revokeNode(ann, "edge-9"), { revoked: 2 });
  await assert.rejects(revokeNode(ann, "edge-9"), { code: "not_found" });
  for (const { serial } of [first, second]) await assert.rejects(renew(serial), { code: "revoked" });
  await assert.rejects(exchange(older.token), { code: "revoked", message: /after this token was made/ });
  const live = (await liveCertificates(ann)).filter(({ node }) => node === "edge-9");
  assert.deepEqual(
    live.map(({ revoked }) => revoked),
    [true, true],
  );

  config.advance(1000);
  const newer = await createJoinToken(ann, { node: "edge-9" });
  const back = await exchange(newer.token);
  config.advance(DAY_MS + 1000);
  await assert.rejects(renew(back.serial), { code: "revoked", message: /revoked or expired/ });
  assert.equal((await listNodeCertificates(ann)).find(({ node }) => node === "edge-9")?.state, "expired");
});

test("what a token may be is checked, and only an admin makes one", async () => {
  for (const bad of [
    { node: "a b" },
    { node: ".." },
    { node: "a", uses: 2 },
    { uses: 0 },
    { uses: 1001 },
    { lifetimeS: 59 },
    { lifetimeS: 31 * 86_400 },
    { labels: { "": "x" } },
    { labels: { a: "x\n" } },
    { note: "x".repeat(201) },
  ])
    await assert.rejects(createJoinToken(ann, bad), { code: "invalid" }, JSON.stringify(bad));
  const ed = config.as("publisher", "ed");
  await assert.rejects(createJoinToken(ed, {}), { code: "forbidden" });
  await assert.rejects(revokeJoinToken(ed, "x"), { code: "forbidden" });
  await assert.rejects(revokeNode(ed, "x"), { code: "forbidden" });
});
