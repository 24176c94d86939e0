import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestCertificate, TestCertificates } from "@sluice/harness";
import { tryAlertRule } from "../alert/try-rule.ts";
import { listAudit } from "../audit/list-audit.ts";
import { checkText } from "../draft/check-text.ts";
import { putResource } from "../draft/put-resource.ts";
import { recordAck, recordConnected, recordEffective, recordSent } from "../node/record-node-events.ts";
import { heartbeatReplica } from "../node/replica-lease.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { publish } from "../version/publish.ts";
import { expiringCertificates, getCertificates, listCertificates } from "./list-certificates.ts";
import { readChain } from "./read-chain.ts";
import { warnOfExpiry } from "./warn-of-expiry.ts";

const DAY_MS = 86_400_000;

let config: TestConfig;
const made = new TestCertificates();
let root: TestCertificate;
let edge: TestCertificate;
let other: TestCertificate;
before(async () => {
  config = await startConfig();
  root = made.create("root", { ca: true, days: 400 });
  edge = made.create("edge.test", {
    names: "DNS:edge.test,DNS:www.edge.test,IP:10.0.0.1",
    issuer: root,
    days: 20,
  });
  other = made.create("other.test", { names: "DNS:other.test", days: -1 });
});
after(async () => {
  made.remove();
  await config.close();
});

function certificateYaml(name: string, chain: string, key: string): string {
  const quoted = (text: string) => JSON.stringify(text);
  return `name: ${name}
tls_certificate:
  certificate_chain: { inline_string: ${quoted(chain)} }
  private_key: { inline_string: ${quoted(key)} }
`;
}

const LISTENER = `name: https
address: { socket_address: { address: 127.0.0.1, port_value: 10443 } }
filter_chains:
  - filter_chain_match: { server_names: [edge.test, "*.edge.test"] }
    filters:
      - name: envoy.filters.network.echo
        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo }
    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
        common_tls_context:
          tls_certificate_sds_secret_configs: [{ name: edge, sds_config: { ads: {}, resource_api_version: V3 } }]
`;

test("a certificate's facts, uses and nodes are told, and what is wrong with its chain", async () => {
  const ann = config.as("admin", "ann");
  const chain = edge.certificate + root.certificate;
  await putResource(ann, { kind: "secrets", yaml: certificateYaml("edge", chain, edge.key) });
  await putResource(ann, { kind: "listeners", yaml: LISTENER });
  const [draft] = await listCertificates(ann);
  assert.equal(draft?.stage, "draft");
  await publish(ann, { message: "one" });
  await heartbeatReplica(ann, "r1");
  const node = {
    cluster: "",
    product: "envoy",
    productVersion: "",
    labels: {},
    peer: "",
    extensions: [],
  } as const;
  await recordConnected(
    ann,
    ["a", "b"].map((id) => ({ ...node, id, replica: "r1", connection: id })),
  );
  const event = { id: "a", kind: "secrets", version: 1 } as const;
  await recordSent(ann, [event]);
  await recordAck(ann, [event]);
  await recordEffective(ann, [event]);

  const [found, ...more] = await getCertificates(ann, { kind: "secrets", name: "edge" });
  assert.deepEqual(more, [], "what the draft has as it is live comes once");
  assert.equal(found?.stage, "live");
  assert.equal(found?.facts?.subject, "CN=edge.test");
  assert.deepEqual(found?.facts?.names, ["edge.test", "www.edge.test", "10.0.0.1"]);
  assert.deepEqual([found?.facts?.issuer, found?.facts?.keyType], ["CN=root", "EC prime256v1"]);
  assert.equal(found?.daysLeft, 19);
  assert.deepEqual(found?.problems, []);
  assert.deepEqual(found?.uses, [
    {
      resource: { kind: "listeners", name: "https" },
      filterChain: "filter_chains[0]",
      serverNames: ["edge.test", "*.edge.test"],
    },
  ]);
  assert.deepEqual(found?.nodes, [
    { id: "a", state: "effective" },
    { id: "b", state: "none" },
  ]);

  const codes = (pem: string) => readChain(pem, new Date())?.problems.map(({ code }) => code);
  assert.deepEqual(codes(edge.certificate), ["chain_incomplete"]);
  assert.deepEqual(codes(edge.certificate + other.certificate), ["chain_order", "chain_expired"]);
  assert.deepEqual(codes(other.certificate), ["expired"]);
  assert.equal(
    readChain("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", new Date()),
    undefined,
  );
});

test("a key of another certificate is told at once while typing, when stored, and stops a publish", async () => {
  const ann = config.as("admin", "ann");
  const yaml = certificateYaml("wrong", edge.certificate, other.key);
  const typed = await checkText(ann, { kind: "secrets", yaml });
  assert.match(typed.problems[0]?.message ?? "", /the private key does not belong to the certificate/);
  const stored = await putResource(ann, { kind: "secrets", yaml });
  assert.match(stored.problems[0]?.message ?? "", /does not belong/);
  const shown = await checkText(ann, { kind: "secrets", name: "wrong", yaml: stored.yaml });
  assert.match(shown.problems[0]?.message ?? "", /does not belong/);
  await assert.rejects(publish(ann, { message: "no" }), { code: "invalid" });
  const put = (text: string, expectedRevision: number) =>
    putResource(ann, { kind: "secrets", name: "wrong", yaml: text, expectedRevision });
  const broken = await put(certificateYaml("wrong", "no certificate", "no key"), stored.revision);
  assert.deepEqual(
    broken.problems.map(({ message }) => message.split(";")[0]),
    ["the certificate chain cannot be read", "the private key cannot be read"],
  );
  const right = await put(certificateYaml("wrong", other.certificate, other.key), broken.revision);
  assert.deepEqual(right.problems, []);
});

test("a live certificate's end is told once at each step", async () => {
  const ann = config.as("admin", "ann");
  assert.deepEqual(await expiringCertificates(ann, 10 * DAY_MS), []);
  const [soon] = await expiringCertificates(ann, 21 * DAY_MS);
  assert.deepEqual([soon?.resource.name, soon?.daysLeft], ["edge", 19]);
  const threshold = { when: "below", value: 30 } as const;
  const rule = { name: "ends", measure: "certificate_days", scope: { kind: "all" }, threshold } as const;
  const readings = await tryAlertRule(ann, rule, async () => []);
  const reading = readings.find(({ target }) => target === "certificate/secrets/edge");
  assert.deepEqual(
    [reading?.crossed, Math.floor(reading?.value ?? 0)],
    [true, 19],
    "an alert rule sees it too",
  );
  assert.equal(await warnOfExpiry(ann), 1);
  assert.equal(await warnOfExpiry(ann), 0);
  config.advance(18.5 * DAY_MS);
  assert.equal(await warnOfExpiry(ann), 1);
  config.advance(3 * DAY_MS);
  assert.equal(await warnOfExpiry(ann), 1);
  assert.equal(await warnOfExpiry(ann), 0);
  const { events } = await listAudit(ann, { action: "certificate.expiring" });
  assert.deepEqual(
    events.map(({ subject, details }) => [subject, (details as { readonly step: number }).step]),
    [
      ["secrets/edge", 0],
      ["secrets/edge", 3],
      ["secrets/edge", 30],
    ],
  );
  const told = await config.database.sql`
    select subject, details->>'name' as name from config.notification_event where kind = 'certificate.expiring'`;
  assert.deepEqual([...told], Array(3).fill({ subject: "secrets/edge", name: "edge.test" }));
});
