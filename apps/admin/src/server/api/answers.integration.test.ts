import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  ensureAuthority,
  exchangeJoinToken,
  heartbeatReplica,
  type KeyRing,
  loadKeyRing,
  openNodeChannel,
  recordConnected,
  settleOrder,
  takeOrders,
} from "@sluice/config";
import { type OpenDatabase, openDatabase } from "@sluice/database";
import { type TestCertificate, TestCertificates } from "@sluice/harness";
import { startOpenIdProvider } from "@sluice/harness/openid-provider";
import { createSigningRequest } from "@sluice/join/certificates";
import { TelemetryStore } from "@sluice/telemetry";
import { mismatches } from "../testing/match-schema.ts";
import { startTestAdmin, TEST_ADMIN, type TestAdmin } from "../testing/start-test-admin.ts";
import { ANSWER_SCHEMAS } from "./answer-schemas.ts";
import { OPERATIONS } from "./operations.ts";

// Every operation of the HTTP API once, with an answer: each must be what the document says.
const cluster = (port: number) =>
  `name: web\ntype: STATIC\nconnect_timeout: 1s\nload_assignment:\n  cluster_name: web\n  endpoints:\n  - lb_endpoints:\n    - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }\n`;
const RULE = { name: "busy", measure: "error_rate", threshold: { when: "above", value: 0.5 } };
const SIGNING_KEY = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const DAY = 86_400_000;
const secretOf = ({ certificate, key }: TestCertificate): string => `name: tls
tls_certificate:
  certificate_chain: { inline_string: ${JSON.stringify(certificate)} }
  private_key: { inline_string: ${JSON.stringify(key)} }
`;
const NODE_STATUS = {
  state: "LIVE",
  healthCheckFailed: false,
  listenersStopped: false,
  logLevel: "info",
  startedAt: new Date().toISOString(),
  connections: 0,
};
const REQUEST = {
  at: new Date(),
  node: "n1",
  listener: "web",
  method: "GET",
  authority: "shop.example",
  path: "/",
  protocol: "HTTP/1.1",
  status: 200,
  flags: [],
  details: "",
  durationMs: 1,
  bytesReceived: 0,
  bytesSent: 5,
  virtualHost: "all",
  route: "r",
  cluster: "web",
  upstreamAddress: "127.0.0.1:80",
  downstreamAddress: "127.0.0.1:5",
  attempts: 1,
  requestId: "1",
  userAgent: "",
  timings: {},
};
const SPAN = {
  spanId: "b7ad6b7169203331",
  parentSpanId: undefined,
  name: "ingress",
  kind: "server",
  service: "n1",
  node: "n1",
  startNs: BigInt(Date.now()) * 1_000_000n,
  durationNs: 1_000_000n,
  error: false,
  attributes: { "http.status_code": "200" },
  events: [],
} as const;

let admin: TestAdmin;
let database: OpenDatabase;
let base: string;
let token: string;
let sourcesDir: string;
const certificates = new TestCertificates();
const seen = new Set<string>();

before(async () => {
  admin = await startTestAdmin();
  database = openDatabase(admin.databaseUrl);
  sourcesDir = join(admin.dataDir, "sources");
  await mkdir(sourcesDir);
  base = await admin.start({
    SLUICE_OUTBOUND_ALLOW: "127.0.0.1",
    SLUICE_SOURCES_DIR: sourcesDir,
  });
  token = await admin.token(base);
});
after(async () => {
  certificates.remove();
  await database?.close();
  await admin?.close();
});

type Body = Readonly<Record<string, unknown>> & readonly Readonly<Record<string, unknown>>[];

/** The dashboard's own. */
function openRing(): KeyRing {
  return loadKeyRing({
    secretKey: undefined,
    secretKeyFile: undefined,
    dataDir: admin.dataDir,
    warn: () => {},
  });
}

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

async function signIn(who: { readonly email: string; readonly password: string }): Promise<string> {
  const answer = await fetch(`${base}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(who),
  });
  return ((await answer.json()) as { readonly token: string }).token;
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

test("the keys that secrets are sealed with", async () => {
  await call("keys.status");
  await call("keys.rotate");
});

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
  await ensureAuthority({ sql: database.sql, now: () => new Date() }, openRing());
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
test("orders to a node, and what it answered", async () => {
  const context = { sql: database.sql, now: () => new Date() };
  const channel = { node: "n1", replica: "r1", connection: "c1" };
  await connectNode();
  await openNodeChannel(context, {
    ...channel,
    actions: ["drain", "resume", "log_level", "config_dump"],
    status: NODE_STATUS,
  });
  const answer = async (order: Body, content?: unknown): Promise<void> => {
    await takeOrders(context, { node: "n1", actions: ["drain", "config_dump", "compare"] });
    const packed = content === undefined ? undefined : gzipSync(JSON.stringify(content));
    await settleOrder(context, { id: String(order.id), node: "n1", done: true, reason: "", content: packed });
  };
  await answer(await call("node.drain", { id: "n1" }));
  await inOrder([
    ["node.resume", { id: "n1" }],
    ["node.setLogLevel", { id: "n1", level: "debug" }],
  ]);
  const dump = await call("node.dump", { id: "n1" });
  await answer(dump, {
    source: "node",
    configs: [{ dynamic_active_clusters: [{ cluster: { name: "web" } }] }],
  });
  await inOrder([
    ["node.dumpContent", { order: dump.id }],
    ["node.dumpOutline", { order: dump.id }],
    ["node.dumpEntry", { order: dump.id, index: 0 }],
  ]);
  const compared = await call("node.compare", { id: "n1", version: 1 });
  const cluster = { kind: "clusters", name: "web", change: "added", afterYaml: "name: web\n", fields: [] };
  await answer(compared, { version: 1, source: "node", differences: [cluster], same: 0, notAskedFor: 0 });
  await inOrder([
    ["node.comparison", { order: compared.id }],
    ["history.diff", { before: 1, after: { order: compared.id } }],
  ]);
});

test("a second person, whose account and sessions are ended", async () => {
  const who = { email: "zoe@example.org", password: "a long password of Zoe's" };
  const { id } = await call("people.create", { name: "Zoe", role: "admin", ...who });
  await call("group.create", { name: "edge", selector: "zone=z" });
  for (const deed of ["approval.approve", "approval.refuse"]) {
    await call("group.protect", { group: "edge" });
    const { id: asked } = await call("group.unprotect", { group: "edge", reason: "it is over" });
    const own = token;
    token = await signIn(who);
    await call(deed, { id: asked, reason: "looked at" });
    token = own;
  }
  const [session] = await call("session.list", { person: id });
  await inOrder([
    ["session.revoke", { id: session?.id }],
    ["people.disable", { id }],
    ["people.enable", { id }],
  ]);
  // Only a browser makes one.
  await database.sql`insert into auth.passkey (id, name, public_key, user_id, credential_id, counter, device_type, backed_up)
    select ${"pk"}, ${"key"}, ${"AA"}, id, ${"AA"}, 0, ${"singleDevice"}, false from auth."user" where email = ${TEST_ADMIN.email}`;
  await inOrder([
    ["session.renamePasskey", { id: "pk", name: "desk" }],
    ["session.removePasskey", { id: "pk" }],
  ]);
});

test("authorities, certificates, keys and who joins", async () => {
  const hook = { kind: "webhook", url: "https://dns.example/", nameServers: ["ns.example:53"] };
  await inOrder([
    ["acme.put", { name: "own", directoryUrl: "https://ca.example/directory", termsAgreed: true }],
    ["acme.putDnsProvider", { name: "dns", settings: hook, secret: SIGNING_KEY }],
    ["certificate.request", { names: ["shop.example"] }],
    ["certificate.renew", { name: "automatic:shop.example" }],
    ["certificate.remove", { name: "automatic:shop.example" }],
    ["acme.removeDnsProvider", { name: "dns" }],
    ["acme.remove", { name: "own" }],
    ["draft.put", { kind: "secrets", yaml: secretOf(certificates.create("web.example")) }],
    ["certificate.get", { kind: "secrets", name: "tls" }],
    ["join.rotateAuthority", { step: "start" }],
    ["join.rotateAuthority", { step: "cancel" }],
  ]);
  const context = { sql: database.sql, now: () => new Date(), lifetimeMs: DAY };
  const authority = await ensureAuthority(context, openRing());
  const { token: joinToken } = await call("join.createToken", { node: "n9" });
  const { requestPem } = await createSigningRequest();
  await exchangeJoinToken(
    { ...context, authority },
    { token: String(joinToken), node: "n9", request: requestPem, peer: "127.0.0.1:1" },
  );
  await call("join.revokeNode", { node: "n9" });
});

test("sign-on with a provider, sources, notifications", async () => {
  const provider = await startOpenIdProvider([`${base}/api/auth/callback/corp`]);
  try {
    const { issuer, clientId, clientSecret } = provider;
    await inOrder([
      ["signOn.test", { issuer }],
      ["signOn.put", { id: "corp", name: "Corp", enabled: true, issuer, clientId, clientSecret }],
      ["signOn.setPassword", { passwordSignIn: "everyone" }],
      ["signOn.remove", { id: "corp" }],
    ]);
  } finally {
    await provider.close();
  }
  const location = join(sourcesDir, "edge");
  await mkdir(join(location, "clusters"), { recursive: true });
  await writeFile(join(location, "clusters/web.yaml"), "name: from-source\nconnect_timeout: 1s\n");
  const source = { name: "files", kind: "directory", location, winner: "ui", apply: "manual" };
  await inOrder([
    ["source.add", source],
    ["source.change", { ...source, winner: "source" }],
    ["draft.resetAll"],
    ["source.sync", { name: "files", publish: false }],
    ["source.plan", { name: "files" }],
    ["source.remove", { name: "files" }],
    ["notification.create", { name: "ops", kind: "webhook", settings: { url: "https://hooks.example/" } }],
    ["notification.test", { name: "ops" }],
  ]);
});

test("one request and one trace", async () => {
  const store = new TelemetryStore(database.sql);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  store.addRequests("n1", [{ ...REQUEST, traceId }], Date.now());
  store.addSpans([{ ...SPAN, traceId }], Date.now());
  await store.close();
  const found: Readonly<Record<string, unknown>> = await call("telemetry.searchRequests", { filter: {} });
  const [entry] = found.entries as Body;
  await inOrder([
    ["telemetry.request", { id: entry?.id }],
    ["telemetry.trace", { traceId }],
  ]);
});

/** Which cannot be asked here, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "notification.resend": "needs a message that was given up, after hours of attempts",
  "keys.retire":
    "refused until all that was sealed with the key before has moved over, which the dashboard does when it next looks",
};

test("every operation has a schema, and every one that can be asked here was held against it", () => {
  const names = [...OPERATIONS.values()].map(({ name }) => name);
  assert.deepEqual(Object.keys(ANSWER_SCHEMAS.operations).toSorted(), names.toSorted());
  assert.deepEqual(names.filter((name) => !seen.has(name)).toSorted(), Object.keys(ELSEWHERE).toSorted());
});
