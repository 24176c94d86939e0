import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { createSecureContext } from "node:tls";
import { expiringCertificates, getCertificates } from "../certificate/list-certificates.ts";
import type { Context } from "../contract.ts";
import { putResource } from "../draft/put-resource.ts";
import { recordManaged } from "../node/record-managed.ts";
import { recordConnected, recordSent } from "../node/record-node-events.ts";
import { heartbeatReplica } from "../node/replica-lease.ts";
import { unsettledNodes } from "../node/unsettled-nodes.ts";
import { loadVersionContent } from "../snapshot/load-version-content.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { publish } from "../version/publish.ts";
import { leftChallenges, openDnsProvider, removeChallenges, storeChallenges } from "./challenges.ts";
import { listDnsProviders, putDnsProvider, removeDnsProvider } from "./dns-providers.ts";
import { listManaged } from "./managed-certificates.ts";
import { managedRevision } from "./managed-material.ts";
import { readOwnCertificate } from "./own-certificate.ts";
import { removeManaged, requestCertificate } from "./request-certificate.ts";
import { type AcmeContext, dueCertificates } from "./work-on-certificates.ts";

const SHOP = "automatic:shop.example";
const HOOK = { kind: "webhook", url: "https://dns.example/", nameServers: ["ns.example:5353"] } as const;

let config: TestConfig;
let context: Context;
let acme: AcmeContext;
before(async () => {
  config = await startConfig();
  context = config.as("admin");
  acme = { sql: context.sql, now: context.now, keys: config.keys };
});
after(() => config.close());

test("a certificate is ordered as it was asked for, also when no listener uses it", async () => {
  await assert.rejects(requestCertificate(context, { names: ["localhost"] }), { code: "invalid" });
  await assert.rejects(requestCertificate(context, { names: ["*.shop.example"], challenge: "http-01" }), {
    message: "a wildcard can be proven by dns-01 alone, not by http-01",
  });
  await assert.rejects(requestCertificate(context, { names: ["shop.example"], authority: "nobody" }), {
    message: "there is no authority 'nobody'",
  });
  const asked = await requestCertificate(context, {
    names: ["Shop.Example."],
    challenge: "tls-alpn-01",
    listener: "edge",
    keyType: "ec-p384",
  });
  assert.deepEqual([asked.name, asked.state, asked.challenge], [SHOP, "temporary", "tls-alpn-01"]);
  const [due] = await dueCertificates(acme);
  assert.deepEqual(due?.choice, {
    authority: undefined,
    challenge: "tls-alpn-01",
    dnsProvider: undefined,
    listener: "edge",
    keyType: "ec-p384",
  });
  assert.equal((await requestCertificate(context, { names: ["*.wild.example"] })).challenge, "dns-01");
});

test("the dashboard's own certificate is asked for when it is first read, and comes with its key", async () => {
  const names = ["Dashboard.Example"];
  const own = await readOwnCertificate(context, config.keys, names);
  createSecureContext({ cert: own.certificate, key: own.key });
  assert.match(new X509Certificate(own.certificate).subjectAltName ?? "", /DNS:dashboard\.example/);
  const listed = (await listManaged(context)).find(({ name }) => name === "automatic:dashboard.example");
  assert.deepEqual([listed?.requested, listed?.state], [true, "temporary"]);
  assert.ok((await dueCertificates(acme)).some(({ name }) => name === "automatic:dashboard.example"));
  assert.deepEqual(
    await readOwnCertificate(context, config.keys, names),
    own,
    "the same until it is renewed",
  );
  await assert.rejects(readOwnCertificate(context, config.keys, ["10.0.0.1"]), { code: "bad_input" });
  await removeManaged(context, "automatic:dashboard.example");
});

test("the default DNS provider is the one that was put last; its key is shown once, and kept when it is changed", async () => {
  const { signingKey } = await putDnsProvider(context, { name: "zones", settings: HOOK });
  assert.match(signingKey ?? "", /^whsec_/);
  await putDnsProvider(context, { name: "other", settings: HOOK });
  const changed = await putDnsProvider(context, { name: "zones", settings: { ...HOOK, nameServers: [] } });
  assert.equal(changed.signingKey, undefined);
  assert.equal((await openDnsProvider(acme, undefined))?.secret, signingKey);
  assert.deepEqual(
    (await listDnsProviders(context)).map(({ name, isDefault }) => [name, isDefault]),
    [
      ["zones", true],
      ["other", false],
    ],
  );
  for (const settings of [
    { ...HOOK, url: "ftp://dns.example" },
    { ...HOOK, nameServers: ["ns.example:0"] },
    { ...HOOK, nameServers: ["http://ns.example"] },
  ])
    await assert.rejects(putDnsProvider(context, { name: "zones", settings }), { code: "invalid" });
  await requestCertificate(context, { names: ["*.wild.example"], dnsProvider: "other" });
  await removeDnsProvider(context, "other");
  const wild = (await listManaged(context)).find(({ name }) => name === "automatic:*.wild.example");
  assert.equal(wild?.choice.dnsProvider, undefined);
});

test("what answers TLS-ALPN-01 is part of what nodes get while it is proven, and nodes are waited for", async () => {
  await putResource(context, {
    kind: "clusters",
    yaml: "name: web\ntype: STATIC\nload_assignment: { cluster_name: web }\n",
  });
  await publish(context, { message: "something" });
  const node = { cluster: "c", product: "sluice", productVersion: "1", labels: {}, extensions: [] } as const;
  await heartbeatReplica(context, "r");
  await recordConnected(context, [{ ...node, id: "a", peer: "p", replica: "r", connection: "1" }]);
  await recordSent(context, [{ id: "a", kind: "listeners", version: 1 }]);
  const before = await managedRevision(context);
  const challenge = { token: "t1", keyAuthorization: "t1.k", certificate: SHOP } as const;
  await storeChallenges(acme, [{ ...challenge, type: "tls-alpn-01", chain: "chain", keyPem: "key" }]);
  const content = await loadVersionContent(context, 1);
  assert.deepEqual(content.challenges.alpn, [{ name: SHOP, listener: "edge", secrets: ["sluice_acme_t1"] }]);
  assert.ok(content.kinds.secrets.resources.has("sluice_acme_t1"));
  const revision = await managedRevision(context);
  assert.notEqual(revision, before);
  await recordManaged(context, [{ id: "a", revision: before, fingerprints: {} }]);
  assert.deepEqual(await unsettledNodes(context, true), ["a"]);
  await removeChallenges(context, ["t1"]);
  assert.equal(await managedRevision(context), before);
  assert.deepEqual((await loadVersionContent(context, 1)).challenges.alpn[0]?.secrets, []);
});

test("records that an order leaves behind are known to whoever comes after", async () => {
  const record = { name: "_acme-challenge.shop.example.", value: "v" };
  const challenge = { token: "t2", keyAuthorization: "t2.k", certificate: SHOP } as const;
  await storeChallenges(acme, [{ ...challenge, type: "dns-01", dnsProvider: "zones", record }]);
  assert.deepEqual(await leftChallenges(acme), [{ token: "t2", dnsProvider: "zones", record }]);
  await removeChallenges(acme, ["t2"]);
});

test("a certificate's page shows on which nodes it is effective, and it is forgotten when nothing uses it", async () => {
  const ref = { kind: "secrets", name: SHOP } as const;
  const [certificate] = await getCertificates(context, ref);
  assert.deepEqual(certificate?.nodes, [{ id: "a", state: "none" }]);
  const fingerprint = certificate.facts?.fingerprint ?? "";
  for (const [has, state] of [
    ["another", "other"],
    [fingerprint, "effective"],
  ] as const) {
    await recordManaged(context, [{ id: "a", revision: undefined, fingerprints: { [SHOP]: has } }]);
    assert.deepEqual((await getCertificates(context, ref))[0]?.nodes, [{ id: "a", state }]);
  }
  assert.deepEqual(await expiringCertificates(context, 1e12), []);
  await removeManaged(context, SHOP);
  await assert.rejects(getCertificates(context, ref), { code: "not_found" });
  await assert.rejects(removeManaged(context, SHOP), { code: "not_found" });
});
