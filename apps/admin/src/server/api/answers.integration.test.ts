import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ensureAuthority, heartbeatReplica, loadKeyRing, recordConnected } from "@sluice/config";
import { type OpenDatabase, openDatabase } from "@sluice/database";
import { mismatches } from "../testing/match-schema.ts";
import { startTestAdmin, type TestAdmin } from "../testing/start-test-admin.ts";
import { ANSWER_SCHEMAS } from "./answer-schemas.ts";
import { OPERATIONS } from "./operations.ts";

// Every operation of the HTTP API once, with an answer: each must be what the document says.
const cluster = (port: number) =>
  `name: web\ntype: STATIC\nconnect_timeout: 1s\nload_assignment:\n  cluster_name: web\n  endpoints:\n  - lb_endpoints:\n    - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }\n`;
const RULE = { name: "busy", measure: "error_rate", threshold: { when: "above", value: 0.5 } };
const SECRET_KEY = Buffer.alloc(32, 7).toString("base64");
const DAY = 86_400_000;

let admin: TestAdmin;
let database: OpenDatabase;
let base: string;
let token: string;
const seen = new Set<string>();

before(async () => {
  admin = await startTestAdmin();
  database = openDatabase(admin.databaseUrl);
  base = await admin.start({ SLUICE_SECRET_KEY: SECRET_KEY });
  token = await admin.token(base);
});
after(async () => {
  await database?.close();
  await admin?.close();
});

type Body = Readonly<Record<string, unknown>> & readonly Readonly<Record<string, unknown>>[];

/** Calls, and holds the answer against the document. */
async function call(name: string, input: unknown = {}): Promise<Body> {
  const response = await fetch(`${base}/api/v1/${name.replace(".", "/")}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(input),
  });
  const body = (await response.json()) as Body;
  assert.equal(response.status, 200, `${name}: ${JSON.stringify(body)}`);
  const schema = ANSWER_SCHEMAS.operations[name];
  assert.ok(schema, `${name} has no schema`);
  assert.deepEqual(mismatches(body, schema, ANSWER_SCHEMAS.schemas), [], name);
  seen.add(name);
  return body;
}

async function inOrder(calls: readonly (readonly [name: string, input?: unknown])[]): Promise<void> {
  for (const [name, input] of calls) await call(name, input);
}

async function connectNode(): Promise<void> {
  const context = { sql: database.sql, now: () => new Date() };
  await heartbeatReplica(context, "r1");
  await recordConnected(context, [
    {
      id: "n1",
      cluster: "edge",
      product: "envoy",
      productVersion: "1.40.0",
      labels: { zone: "a" },
      peer: "127.0.0.1:1",
      extensions: [],
      replica: "r1",
      connection: "c1",
    },
  ]);
}

test("the draft, versions, history and rollouts", async () => {
  await inOrder([
    [
      "draft.firstRoute",
      { domain: "shop.example", path: "/", port: 10_000, host: "127.0.0.1", upstreamPort: 80 },
    ],
    ["draft.put", { kind: "clusters", yaml: cluster(80) }],
    [
      "routeTest.put",
      { name: "t", method: "GET", url: "http://shop.example/", headers: [], expect: { status: 200 } },
    ],
    ["version.publish", { message: "first", override: { reason: "no proxy here to ask" } }],
    ["draft.put", { kind: "clusters", yaml: `${cluster(81)}typo: 1\n`, name: "web", expectedRevision: 1 }],
    ["draft.check"],
    ["draft.put", { kind: "clusters", yaml: cluster(82), name: "web", expectedRevision: 2 }],
    ["draft.diff"],
    ["draft.status"],
    ["draft.list"],
    ["draft.names"],
    ["draft.get", { kind: "clusters", name: "web" }],
    ["draft.references"],
    ["draft.usedBy", { kind: "clusters", name: "web" }],
    ["draft.checkText", { kind: "clusters", yaml: cluster(83) }],
    ["draft.merge", { kind: "clusters", name: "web", baseYaml: cluster(80), yaml: cluster(84) }],
    ["review.impact"],
    ["review.dryRun"],
    ["routeTest.list"],
    ["routeTest.run", { source: "draft" }],
  ]);
  const rolled = await call("version.publish", {
    message: "second",
    strategy: { steps: [{ percent: 10 }] },
    override: { reason: "no proxy here to ask" },
  });
  const { id: rollout } = rolled.rollout as { id: number };
  await inOrder([
    ["rollout.pause", { rollout }],
    ["rollout.resume", { rollout }],
    ["rollout.promote", { rollout }],
    ["rollout.history", { rollout }],
    ["rollout.traffic", { rollout }],
    ["rollout.abort", { rollout }],
    ["version.rollouts"],
    ["version.rolloutStatus"],
    ["version.list"],
    ["version.get", { number: 1 }],
    ["version.live"],
    ["version.resources", { number: 1 }],
    ["version.diff", { before: 1, after: 2 }],
    ["version.rollback", { version: 2 }],
    ["routeTest.ofVersion", { version: 1 }],
    ["routeTest.remove", { name: "t" }],
    ["history.tag", { version: 1, name: "good" }],
    ["history.tags"],
    ["history.untag", { name: "good" }],
    ["history.search"],
    ["history.blame", { kind: "clusters", name: "web" }],
    ["history.diff", { before: 1, after: "draft" }],
    ["history.revert", { kind: "clusters", name: "web", to: 1 }],
    ["draft.reset", { kind: "clusters", name: "web" }],
    ["draft.remove", { kind: "clusters", name: "web" }],
    ["draft.resetAll"],
    ["transfer.exportDraft"],
    ["transfer.exportVersion", { number: 1 }],
    ["transfer.exportFiles", { source: "draft" }],
    [
      "transfer.import",
      { text: `static_resources:\n  clusters:\n  - { name: other, connect_timeout: 1s }\n` },
    ],
    ["explain.request", { source: "draft", method: "GET", url: "http://shop.example/", headers: [] }],
  ]);
  const { revision } = await call("draft.get", { kind: "clusters", name: "web" });
  const edits = [{ op: "set", path: "connect_timeout", value: "2s" }];
  await call("draft.patch", { kind: "clusters", name: "web", expectedRevision: revision, edits });
  const files = [
    { path: "more.yaml", text: `static_resources: { clusters: [{ name: more, connect_timeout: 1s }] }` },
  ];
  await inOrder([
    ["transfer.previewImport", { files }],
    ["transfer.applyImport", { files }],
  ]);
});

test("groups and nodes", async () => {
  await connectNode();
  const probe = { listener: "l", url: "http://a/" };
  await inOrder([
    ["group.create", { name: "edge", selector: "zone=z" }],
    ["group.change", { name: "edge", selector: "zone=y" }],
    ["group.setProbe", { group: "edge", probe }],
    ["group.freeze", { group: "edge", reason: "why" }],
    ["group.list"],
    ["group.unfreeze", { group: "edge" }],
    ["group.reorder", { names: ["edge"] }],
    ["group.protect", { group: "edge" }],
  ]);
  const asked = await call("group.unprotect", { group: "edge", reason: "it is over" });
  await inOrder([
    ["approval.list"],
    ["approval.get", { id: asked.id }],
    ["approval.withdraw", { id: asked.id }],
  ]);
  const again = await call("group.unprotect", { group: "edge", reason: "it is over" });
  await call("approval.breakGlass", { id: again.id, confirm: "edge", reason: "nobody else is awake" });
  await inOrder([
    ["group.remove", { name: "edge" }],
    ["node.list"],
    ["node.get", { id: "n1" }],
    ["node.setLabels", { id: "n1", labels: { tier: "web" } }],
  ]);
  const { id: order } = await call("node.dump", { id: "n1" });
  await call("node.compare", { id: "n1", version: 1 });
  await inOrder([["node.order", { order }], ["node.orders", { id: "n1" }], ["join.tokens"]]);
  const ring = loadKeyRing({
    secretKey: SECRET_KEY,
    secretKeyFile: undefined,
    dataDir: admin.dataDir,
    warn: () => {},
  });
  await ensureAuthority({ sql: database.sql, now: () => new Date() }, ring);
  const { id } = await call("join.createToken");
  await inOrder([["join.revokeToken", { id }], ["join.certificates"], ["join.authority"]]);
  await database.sql`update config.node set connected = false`;
  await call("node.remove", { id: "n1" });
});

test("people, sessions, tokens, audit and keys", async () => {
  await call("role.create", { name: "operators", grants: [{ permission: "config.read" }] });
  const person = { name: "Ann", email: "ann@example.org", role: "viewer", password: "another long password" };
  const { id } = await call("people.create", person);
  const invited = await call("invitation.create", { name: "Bob", email: "bob@example.org", role: "viewer" });
  await call("invitation.show", { token: invited.token });
  await call("invitation.accept", { token: invited.token, password: "yet another password" });
  const second = await call("invitation.create", { name: "Eve", email: "eve@example.org", role: "viewer" });
  const { id: apiToken } = await call("token.create", { name: "ci", role: "viewer" });
  await inOrder([
    ["invitation.list"],
    ["invitation.resetLink", { person: id }],
    ["invitation.revoke", { id: second.id }],
    ["people.list"],
    ["people.setRole", { id, role: "editor" }],
    ["people.resetPassword", { id, password: "one more long password" }],
    ["people.removeTwoFactor", { id }],
    ["people.remove", { id }],
    ["role.list"],
    ["role.change", { name: "operators", grants: [{ permission: "audit.read" }] }],
    ["role.remove", { name: "operators" }],
    ["token.list"],
    ["token.revoke", { id: apiToken }],
    ["session.me"],
    ["session.list"],
    ["session.twoFactor"],
    ["session.revokeOthers"],
    ["audit.list"],
    ["audit.verify"],
    ["audit.setRetention", { days: 400 }],
    ["audit.retention"],
    ["keys.status"],
    ["settings.change", { name: "Edge" }],
    ["settings.get"],
    ["settings.setupOpen"],
    ["settings.finishSetup"],
    ["settings.about"],
    ["settings.licences"],
  ]);
});

test("alerts, notifications, certificates, sources, schemas and figures", async () => {
  await inOrder([["alert.put", RULE], ["alert.rules"], ["alert.list"], ["alert.try", RULE]]);
  const silenced = await call("alert.silence", { reason: "work", durationMs: 3_600_000 });
  await inOrder([
    ["alert.silences"],
    ["alert.unsilence", { id: silenced.id }],
    ["alert.remove", { name: "busy" }],
    ["certificate.list"],
    ["certificate.automatic"],
    ["certificate.expiring", { withinDays: 30 }],
    ["acme.list"],
    ["acme.dnsProviders"],
    ["session.passkeys"],
    ["signOn.list"],
    ["signOn.choices"],
    ["signOn.setSecondFactor", { required: false, graceDays: 7 }],
    ["source.list"],
    ["schema.describe", { type: "envoy.config.cluster.v3.Cluster" }],
    ["schema.complete", { kind: "clusters", yaml: "name: a\n", offset: 8 }],
    ["schema.explain", { kind: "clusters", yaml: "name: a\n", offset: 2 }],
    ["schema.httpFilters"],
    ["notification.create", { name: "hook", kind: "webhook", settings: { url: "https://hooks.example/" } }],
    ["notification.change", { name: "hook", enabled: false }],
    ["notification.channels"],
    ["notification.remove", { name: "hook" }],
    ["notification.deliveries"],
    ["telemetry.trafficRange", { from: new Date(Date.now() - DAY), to: new Date() }],
    ["telemetry.scopes", { kind: "cluster", seconds: 60 }],
    ["telemetry.searchRequests", { filter: {} }],
    ["telemetry.searchTraces", { filter: {} }],
  ]);
});

/** They need what is not here: a node that answers, an authority or source elsewhere, a second session, a request that was made. */
const ELSEWHERE = [
  "acme.put",
  "acme.putDnsProvider",
  "acme.remove",
  "acme.removeDnsProvider",
  "approval.approve",
  "approval.refuse",
  "certificate.get",
  "certificate.remove",
  "certificate.renew",
  "certificate.request",
  "join.revokeNode",
  "join.rotateAuthority",
  "keys.rotate",
  "keys.retire",
  "node.drain",
  "node.resume",
  "node.setLogLevel",
  "node.dumpContent",
  "node.dumpOutline",
  "node.dumpEntry",
  "node.comparison",
  "notification.test",
  "notification.resend",
  "people.disable",
  "people.enable",
  "session.removePasskey",
  "session.renamePasskey",
  "session.revoke",
  "signOn.put",
  "signOn.remove",
  "signOn.setPassword",
  "signOn.test",
  "source.add",
  "source.change",
  "source.remove",
  "source.plan",
  "source.sync",
  "telemetry.request",
  "telemetry.trace",
];

test("every operation has a schema, and every one that can be asked here was held against it", () => {
  const names = [...OPERATIONS.values()].map(({ name }) => name);
  assert.deepEqual(Object.keys(ANSWER_SCHEMAS.operations).toSorted(), names.toSorted());
  assert.deepEqual(names.filter((name) => !seen.has(name)).toSorted(), ELSEWHERE.toSorted());
});
