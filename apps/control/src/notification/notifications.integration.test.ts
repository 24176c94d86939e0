import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { after, afterEach, before, test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import {
  type Context,
  claimDeliveries,
  configMigrations,
  createChannel,
  createGroup,
  handOutEvents,
  heartbeatReplica,
  listAudit,
  listChannels,
  listDeliveries,
  loadKeyRing,
  publish,
  putResource,
  recordConnected,
  recordDisconnected,
  recordNack,
  removeChannel,
  resendDelivery,
  rollback,
  settleDelivery,
  testChannel,
} from "@sluice/config";
import { parseOutboundPolicy } from "@sluice/config/outbound";
import { migrateAll, type OpenDatabase, openDatabase } from "@sluice/database";
import { startPostgres, TestCertificates, type TestPostgres } from "@sluice/harness";
import {
  type MailCatcher,
  startMailCatcher,
  startWebhookReceiver,
  type WebhookReceiver,
} from "../testing/receivers.ts";
import type { RoundContext } from "./delivery-context.ts";
import { createWatchRound } from "./notification-engines.ts";
import { notificationRound } from "./notification-round.ts";

const PASSWORD = "correct horse battery";
let postgres: TestPostgres;
let database: OpenDatabase;
let receiver: WebhookReceiver;
let mail: MailCatcher;
let sending: RoundContext;
let ann: Context;
let nowMs = Date.parse("2026-03-01T12:00:00Z");
const certificates = new TestCertificates();

before(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await migrateAll(url, [configMigrations]);
  database = openDatabase(url);
  receiver = await startWebhookReceiver();
  const ca = certificates.create("mail-ca", { ca: true });
  setDefaultCACertificates([...getCACertificates(), ca.certificate]);
  const server = certificates.create("localhost", { issuer: ca, names: "DNS:localhost" });
  mail = await startMailCatcher({ user: "sluice", password: PASSWORD, ...server });
  const ring = loadKeyRing({
    secretKey: randomBytes(32).toString("base64"),
    secretKeyFile: undefined,
    dataDir: "",
    warn: () => {},
  });
  const { db, sql } = database;
  const now = () => new Date(nowMs);
  ann = { db, sql, now, ring, actor: { id: "ann", name: "ann", role: "admin" } };
  sending = {
    db,
    sql,
    now,
    ring,
    policy: parseOutboundPolicy("localhost 127.0.0.1"),
    dashboardUrl: "https://sluice.example",
    random: () => 0,
    timeoutMs: 5_000,
  };
});

after(async () => {
  await database.close();
  await Promise.all([receiver.close(), mail.close(), postgres.close()]);
  certificates.remove();
});

afterEach(async () => {
  for (const { name } of await listChannels(ann)) await removeChannel(ann, name);
  await handOutEvents(sending);
  receiver.posts.length = 0;
  receiver.statuses.length = 0;
  mail.mails.length = 0;
});

let clusters = 0;
async function publishSomething(group?: string): Promise<number> {
  const name = `c${clusters++}`;
  const yaml = `name: ${name}\ntype: STATIC\nload_assignment: { cluster_name: ${name} }\n`;
  await putResource(ann, { kind: "clusters", yaml });
  return (await publish(ann, { message: "m", ...(group === undefined ? {} : { group }) })).version.number;
}

const bodies = () =>
  receiver.posts.map(
    ({ body }) => JSON.parse(body) as { type: string; data: { title: string; link: string } },
  );

test("a publish reaches a webhook once, signed, with a link and an id of its own", async () => {
  const { signingKey = "" } = await createChannel(ann, {
    name: "hook",
    kind: "webhook",
    settings: { url: `${receiver.url}/in` },
    subscriptions: [{ events: ["version.published", "version.rolled_back"], groups: [] }],
  });
  const number = await publishSomething();
  await notificationRound(sending);
  await notificationRound(sending);
  assert.equal(receiver.posts.length, 1);
  const [post] = receiver.posts;
  assert.equal(bodies()[0]?.type, "version.published");
  assert.equal(bodies()[0]?.data.title, `Version ${number} was published by ann`);
  assert.match(bodies()[0]?.data.link ?? "", /^https:\/\/sluice\.example\/rollouts\/\d+$/);
  const id = String(post?.headers["webhook-id"]);
  const stamp = String(post?.headers["webhook-timestamp"]);
  assert.equal(Number(stamp), nowMs / 1000);
  const expected = createHmac("sha256", Buffer.from(signingKey.slice("whsec_".length), "base64"))
    .update(`${id}.${stamp}.${post?.body}`)
    .digest("base64");
  assert.equal(post?.headers["webhook-signature"], `v1,${expected}`);
  await publishSomething();
  await rollback(ann, { version: number });
  await notificationRound(sending);
  const types = bodies().map(({ type }) => type);
  assert.deepEqual(types.toSorted(), ["version.published", "version.published", "version.rolled_back"]);
});

test("a publish whose transaction does not commit leaves nothing in the outbox", async () => {
  await createChannel(ann, { name: "hook", kind: "webhook", settings: { url: receiver.url } });
  const cut = ann.db.transaction(async (tx) => {
    const within = { ...ann, db: tx as unknown as Context["db"] };
    await publish(within, { message: "m" });
    throw new Error("Postgres went away");
  });
  await assert.rejects(cut, /Postgres went away/);
  await notificationRound(sending);
  assert.equal(receiver.posts.length, 0);
});

test("a failure is tried again with the same id, ever later, then given up, and can be sent again", async () => {
  await createChannel(ann, { name: "hook", kind: "webhook", settings: { url: receiver.url } });
  await testChannel(ann, "hook");
  const waits: number[] = [];
  for (let tries = 1; ; tries++) {
    receiver.statuses.push(tries === 2 ? 302 : 503);
    await notificationRound(sending);
    const [delivery] = await listDeliveries(ann, { channel: "hook" });
    assert.ok(delivery);
    if (delivery.state === "dead") break;
    assert.match(
      delivery.outcome ?? "",
      tries === 2 ? /answered 302: redirects are not followed/ : /answered 503: not now/,
    );
    const waitMs = delivery.dueAt.getTime() - nowMs;
    waits.push(waitMs);
    nowMs += waitMs - 1;
    await notificationRound(sending);
    assert.equal(receiver.posts.length, tries, "not before it is due");
    nowMs += 1;
  }
  assert.deepEqual(waits.slice(0, 4), [5_000, 10_000, 20_000, 40_000]);
  assert.equal(Math.max(...waits), 3_600_000);
  assert.equal(receiver.posts.length, 15);
  assert.equal(new Set(receiver.posts.map(({ headers }) => headers["webhook-id"])).size, 1);
  const [channel] = await listChannels(ann);
  assert.equal(channel?.health.dead, 1);
  const [dead] = await listDeliveries(ann, { state: "dead" });
  await resendDelivery(ann, dead?.id ?? "");
  await notificationRound(sending);
  assert.equal((await listDeliveries(ann, { channel: "hook" }))[0]?.state, "sent");
});

test("a crash between sending and saying so sends again, under the same id, and an old holder says nothing", async () => {
  await createChannel(ann, { name: "hook", kind: "webhook", settings: { url: receiver.url } });
  await testChannel(ann, "hook");
  await handOutEvents(sending);
  const [lost] = await claimDeliveries(sending, { count: 10, holdMs: 60_000 });
  assert.ok(lost);
  assert.deepEqual(await claimDeliveries(sending, { count: 10, holdMs: 60_000 }), []);
  nowMs += 60_000;
  const [again] = await claimDeliveries(sending, { count: 10, holdMs: 60_000 });
  assert.deepEqual([again?.id, again?.attempt], [lost.id, 2]);
  await settleDelivery(sending, lost, { sent: false, words: "late", retryable: false }, sending.random);
  assert.equal((await listDeliveries(ann))[0]?.state, "waiting");
});

test("two senders at once hand each event out once and send each message once", async () => {
  await createChannel(ann, { name: "hook", kind: "webhook", settings: { url: receiver.url } });
  for (let at = 0; at < 30; at++) await testChannel(ann, "hook");
  await Promise.all(Array.from({ length: 4 }, () => notificationRound(sending)));
  while (await notificationRound(sending));
  assert.equal((await listDeliveries(ann, { state: "sent", limit: 100 })).length, receiver.posts.length);
  const told = bodies().flatMap(({ data }) => (data as unknown as { events: number[] }).events);
  assert.equal(told.length, 30);
  assert.equal(new Set(told).size, 30);
});

test("an address inside is refused and given up at once, and one that was put on the allow-list is not", async () => {
  const inside: RoundContext = { ...sending, policy: parseOutboundPolicy("") };
  await createChannel(ann, { name: "hook", kind: "webhook", settings: { url: receiver.url } });
  await testChannel(ann, "hook");
  await notificationRound(inside);
  const [delivery] = await listDeliveries(ann);
  assert.equal(delivery?.state, "dead");
  assert.match(delivery?.outcome ?? "", /127\.0\.0\.1 is not an address of the public Internet/);
  assert.equal(receiver.posts.length, 0);
});

test("mail goes out over STARTTLS with a password, and a wrong password is told without saying it", async () => {
  const settings = {
    host: "localhost",
    port: mail.port,
    security: "starttls",
    user: "sluice",
    from: "Sluice <sluice@example.org>",
    to: ["ops@example.org", "eve@example.org"],
  } as const;
  await createChannel(ann, { name: "mail", kind: "email", settings, secret: PASSWORD });
  await testChannel(ann, "mail");
  await notificationRound(sending);
  const [got] = mail.mails;
  assert.equal((await listDeliveries(ann))[0]?.outcome?.startsWith("250"), true);
  assert.deepEqual([got?.from, got?.to, got?.user], ["sluice@example.org", settings.to, "sluice"]);
  assert.match(got?.text ?? "", /Subject: \[Sluice\] A test of channel\/mail/);
  assert.match(got?.text ?? "", /https:\/\/sluice\.example\/notifications/);
  await createChannel(ann, { name: "wrong", kind: "email", settings, secret: "hunter2hunter2" });
  await testChannel(ann, "wrong");
  await notificationRound(sending);
  const [failed] = await listDeliveries(ann, { channel: "wrong" });
  assert.match(failed?.outcome ?? "", /no such account: sluice …/);
});

test("Slack gets text in which nobody is mentioned, at its secret address", async () => {
  const secret = `${receiver.url}/services/T0/B0/xyz`;
  await createChannel(ann, { name: "chat", kind: "slack", settings: {}, secret });
  await recordConnected(ann, [node("n<!channel>", {})]);
  await recordNack(ann, [{ id: "n<!channel>", kind: "clusters", version: 1, message: "<!everyone> & no" }]);
  nowMs += 2_000;
  await notificationRound(sending);
  assert.equal(receiver.posts[0]?.path, "/services/T0/B0/xyz");
  const { text } = JSON.parse(receiver.posts[0]?.body ?? "{}") as { text: string };
  assert.match(text, /^Version 1 was refused by node n&lt;!channel&gt;\n\nResources: clusters\n/);
  assert.match(text, /The node says: &lt;!everyone&gt; &amp; no/);
});

test("a refusal by many nodes is one message for each group, only to who wants that group", async () => {
  await createGroup(ann, { name: "edge", selector: "zone=edge" });
  const hook = { kind: "webhook", settings: { url: receiver.url } } as const;
  await createChannel(ann, { ...hook, name: "edge-only", subscriptions: [{ events: [], groups: ["edge"] }] });
  await createChannel(ann, {
    ...hook,
    name: "refusals",
    subscriptions: [{ events: ["node.refused"], groups: [] }],
  });
  const ids = Array.from({ length: 25 }, (_, index) => `e${index}`);
  await recordConnected(ann, [
    ...ids.map((id) => node(id, { zone: "edge" })),
    node("other", { zone: "core" }),
  ]);
  const refusal = { kind: "listeners", version: 1, message: "no such cluster" } as const;
  await recordNack(
    ann,
    [...ids, "other"].map((id) => ({ id, ...refusal })),
  );
  await recordNack(ann, [{ id: "e0", ...refusal }]);
  await notificationRound(sending);
  assert.equal(receiver.posts.length, 0, "others like it are waited for");
  nowMs += 2_000;
  await notificationRound(sending);
  const deliveries = await listDeliveries(ann);
  const told = deliveries
    .map(({ channel, message }) => `${channel} ${message.group}: ${message.title}`)
    .sort();
  assert.match(told[0] ?? "", /^edge-only edge: Version 1 was refused by 25 nodes \(e0, .* and 5 more\)$/);
  assert.deepEqual(told[1], "refusals default: Version 1 was refused by node other");
  assert.match(told[2] ?? "", /^refusals edge: Version 1 was refused by 25 nodes/);
  assert.equal(told.length, 3);
});

test("a node is told to be lost once, after the deadline, and to be back once", async () => {
  await createChannel(ann, {
    name: "hook",
    kind: "webhook",
    settings: { url: receiver.url },
    subscriptions: [{ events: ["node.lost", "node.returned"], groups: [] }],
  });
  const watch = createWatchRound({
    context: sending,
    readTraffic: async () => [],
    nodeLostMs: 60_000,
    onTrouble: (error) => assert.fail(String(error)),
  });
  const titles = async () => {
    await Promise.all([watch(), watch()]);
    nowMs += 2_000;
    await notificationRound(sending);
    return bodies().map(({ data }) => data.title);
  };
  await beat();
  await recordConnected(ann, [node("lost-1", {}, "a")]);
  await titles();
  receiver.posts.length = 0;
  await beat();
  await recordConnected(ann, [node("lost-1", {}, "b")]);
  await recordDisconnected(ann, [{ id: "lost-1", connection: "b" }]);
  nowMs += 50_000;
  assert.deepEqual(await titles(), []);
  nowMs += 10_000;
  assert.deepEqual(await titles(), ["Lost: node lost-1"]);
  assert.deepEqual(await titles(), ["Lost: node lost-1"]);
  await beat();
  await recordConnected(ann, [node("lost-1", {}, "c")]);
  assert.deepEqual(await titles(), ["Lost: node lost-1", "Back: node lost-1"]);
});

test("a secret is sealed, and stands in no list, audit event or error", async () => {
  const secret = `${receiver.url}/services/secret-path`;
  await createChannel(ann, { name: "chat", kind: "slack", settings: {}, secret });
  await assert.rejects(
    createChannel(ann, { name: "bad", kind: "slack", settings: {}, secret: "top-secret" }),
    {
      code: "bad_input",
    },
  );
  const seen = JSON.stringify([await listChannels(ann), await listAudit(ann, { limit: 50 })]);
  assert.equal(seen.includes("secret-path"), false);
  assert.equal(seen.includes("top-secret"), false);
  const stored = await database.sql`select * from config.notification_channel`;
  assert.match(JSON.stringify(stored), /sealed1\./);
  assert.equal(JSON.stringify(stored).includes("secret-path"), false);
  const viewer: Context = { ...ann, actor: { id: "v", name: "v", role: "publisher" } };
  await assert.rejects(removeChannel(viewer, "chat"), { code: "forbidden" });
});

function node(id: string, labels: Readonly<Record<string, string>>, connection = "1") {
  return {
    id,
    cluster: "c",
    product: "sluice",
    productVersion: "1",
    labels,
    peer: "127.0.0.1:5",
    extensions: [],
    replica: "r1",
    connection,
  } as const;
}

async function beat(): Promise<void> {
  await heartbeatReplica(ann, "r1");
}
