import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import * as api from "../index.ts";
import { clusterYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";

const NODE = {
  id: "n1",
  cluster: "c",
  product: "sluice",
  productVersion: "0.1.0",
  labels: { zone: "a" },
  peer: "127.0.0.1:5",
  extensions: [],
  replica: "r1",
  connection: "1",
} as const;

let config: TestConfig;
let ann: api.Context;
let bob: api.Context;
let root: api.Context;
let edits = 0;

before(async () => {
  config = await startConfig();
  ann = config.as("publisher", "ann");
  bob = config.as("publisher", "bob");
  root = config.as("admin", "root");
  await publishNext();
  await api.protectGroup(ann, "default");
});
after(() => config?.close());
beforeEach(async () => {
  for (const { id } of await api.listApprovals(ann, { open: true }))
    await api.refuseRequest(bob, { id, reason: "the test before" });
});

async function edit(): Promise<void> {
  const yaml = clusterYaml("web", 2_000 + ++edits);
  const known = edits === 1 ? {} : { name: "web", expectedRevision: edits - 1 };
  await api.putResource(config.as("editor"), { kind: "clusters", yaml, ...known });
}

async function publishNext(): Promise<api.Published> {
  await edit();
  return await api.publish(ann, { message: `edit ${edits}` });
}

async function ask(): Promise<api.ApprovalRequest> {
  const { request } = await publishNext();
  assert.ok(request, "the group is protected");
  return request;
}

const beforeOf = (event: api.AuditEvent | undefined) =>
  (event?.details as { before?: unknown } | null)?.before;
const live = async () => (await api.liveVersion(ann))?.version.number;
const stateOf = async (id: number) => (await api.getApproval(ann, id)).state;
const refused = async (attempt: Promise<unknown>, code: api.ConfigErrorCode, words: RegExp) => {
  await assert.rejects(attempt, { name: "ConfigError", code, message: words });
};

async function events(kind: string): Promise<readonly Record<string, unknown>[]> {
  return await config.database.sql`
    select group_name, subject, details from config.notification_event where kind = ${kind} order by id`;
}

test("a publish to a protected group makes the version and waits; another person's approval starts exactly that", async () => {
  const before = await live();
  await edit();
  const strategy = { steps: [{ percent: 10 }], stepWaitMs: 5_000, promote: "manual" } as const;
  const { version, request, rollout } = await api.publish(ann, { message: "slowly", strategy });
  assert.equal(rollout, undefined);
  assert.ok(request);
  assert.deepEqual(
    { ...request, id: 0, requestedAt: 0, expiresAt: 0, strategy: 0 },
    {
      id: 0,
      kind: "publish",
      group: "default",
      version: version.number,
      base: before,
      strategy: 0,
      message: "slowly",
      override: undefined,
      requestedBy: "ann",
      requestedAt: 0,
      expiresAt: 0,
      own: true,
      state: "open",
      decidedBy: undefined,
      decidedAt: undefined,
      reason: undefined,
      brokenGlass: false,
      rollout: undefined,
    },
  );
  assert.equal(await live(), before, "nothing has started");
  await edit();
  const approved = await api.approveRequest(bob, { id: request.id, reason: "looked at it" });
  assert.equal(approved.state, "approved");
  assert.equal(approved.decidedBy, "bob");
  const [started] = await api.listRollouts(ann, { limit: 1 });
  assert.equal(started?.id, approved.rollout);
  assert.equal(started?.version, version.number);
  assert.equal(started?.author, "ann");
  assert.equal(started?.strategy.steps.length, 2);
  assert.equal(started?.strategy.promote, "manual");
  const [first] = await api.rolloutHistory(ann, started?.id ?? 0);
  assert.match(first?.reason ?? "", /asked for by ann, approved by bob/);
  const audit = await api.listAudit(root, { subject: `approval/${request.id}`, limit: 10 });
  assert.deepEqual(
    audit.events.map(({ action, actor }) => [action, actor]),
    [
      ["approval.approve", "bob"],
      ["approval.request", "ann"],
    ],
  );
  assert.deepEqual(beforeOf(audit.events[0]), { state: "open" });
  assert.equal((await events("approval.requested")).at(-1)?.subject, `approval/${request.id}`);
  assert.equal((await events("approval.decided")).at(-1)?.group_name, "default");
  await api.abortRollout(ann, { rollout: started?.id ?? 0 });
  await config.database.sql`update config.rollout_state set phase = 'aborted' where phase = 'reverting'`;
  await config.database.sql`update config.node_group set rollout = null`;
});

test("nobody approves their own, not by a token either, and the attempt is in the audit log", async () => {
  const request = await ask();
  const byToken = { ...ann, actor: { ...ann.actor, name: "ann (token ci)", token: "t" } };
  for (const who of [ann, byToken])
    await refused(api.approveRequest(who, { id: request.id }), "forbidden", /takes another person/);
  const { events: found } = await api.listAudit(root, {
    action: "approval.approve",
    refused: true,
    limit: 5,
  });
  assert.equal(found.length, 2);
  assert.equal(await stateOf(request.id), "open");
  const elsewhere = {
    ...bob,
    actor: {
      ...bob.actor,
      role: "custom",
      grants: [{ permission: "config.publish", groups: ["edge"] }] as const,
    },
  };
  for (const decide of [api.approveRequest, api.refuseRequest])
    await refused(decide(elsewhere, { id: request.id, reason: "no" }), "forbidden", /for group 'default'/);
});

test("a refusal has a reason; only who asked withdraws; what is decided stays decided", async () => {
  const first = await ask();
  await refused(api.refuseRequest(bob, { id: first.id, reason: " " }), "bad_input", /say why/);
  const { state, reason } = await api.refuseRequest(bob, { id: first.id, reason: "not on a Friday" });
  assert.deepEqual([state, reason], ["refused", "not on a Friday"]);
  await refused(api.approveRequest(bob, { id: first.id }), "conflict", /refused by bob: not on a Friday/);
  const second = await ask();
  await refused(api.withdrawRequest(bob, { id: second.id }), "forbidden", /ann asked for it/);
  assert.equal((await api.withdrawRequest(ann, { id: second.id })).state, "withdrawn");
  await refused(api.withdrawRequest(ann, { id: second.id }), "conflict", /is withdrawn by ann/);
  await refused(api.getApproval(ann, 9_999), "not_found", /no request 9999/);
});

test("the same content waits once; a rollback is a request too; what the group overtakes goes stale", async () => {
  const request = await ask();
  await refused(api.publish(bob, { message: "again" }), "conflict", /waits for approval already: ann's/);
  const back = await api
    .rollback(ann, { version: request.version ?? 0, reason: "x" })
    .catch((error) => error);
  assert.equal(back.code, "conflict");
  const other = await ask();
  const { rollout } = await api.approveRequest(bob, { id: other.id });
  assert.ok(rollout);
  assert.equal(await stateOf(request.id), "stale");
  const stale = await api.getApproval(ann, request.id);
  assert.match(stale.reason ?? "", new RegExp(`went to version ${other.version}`));
  await refused(api.approveRequest(bob, { id: request.id }), "conflict", /is stale/);
  const undo = await api.rollback(ann, { version: 1, reason: "it burns" });
  assert.equal(undo.request?.kind, "rollback");
  assert.equal(undo.request?.message, "it burns");
  assert.equal(await live(), other.version);
  await api.approveRequest(bob, { id: undo.request?.id ?? 0 });
  assert.equal(await live(), 1);
});

test("nobody decides what is too old, and it says so before anybody wrote it down", async () => {
  const request = await ask();
  config.advance((api.APPROVAL_LIFE_DAYS * 24 + 1) * 3_600_000);
  assert.equal(await stateOf(request.id), "expired");
  assert.deepEqual(await api.listApprovals(ann, { open: true }), []);
  await refused(api.approveRequest(bob, { id: request.id }), "conflict", /is expired/);
  await api.expireApprovals(ann);
  await api.expireApprovals(ann);
  const told = (await events("approval.decided")).filter(
    ({ subject }) => subject === `approval/${request.id}`,
  );
  assert.equal(told.length, 1);
  assert.equal((await api.getApproval(ann, request.id)).decidedBy, "Sluice");
});

test("in an emergency an admin breaks the glass: alone, with the group's name and a reason, told by a kind of its own", async () => {
  const asked = await api.rollback(root, { version: 2, reason: "3 a.m." });
  const id = asked.request?.id ?? 0;
  const glass = { id, reason: "production is down", confirm: "default" };
  await refused(api.breakGlass(bob, glass), "forbidden", /needs the permission approval.bypass/);
  await refused(api.breakGlass(root, { ...glass, confirm: "Default" }), "bad_input", /type the group's name/);
  await refused(api.breakGlass(root, { ...glass, reason: "" }), "bad_input", /what the emergency is/);
  await refused(api.approveRequest(root, { id }), "forbidden", /takes another person/);
  const done = await api.breakGlass(root, glass);
  assert.deepEqual([done.state, done.brokenGlass, done.reason], ["approved", true, "production is down"]);
  assert.equal(await live(), 2);
  const [told] = await events("approval.bypassed");
  assert.equal((told?.details as { by?: string } | undefined)?.by, "root");
  const audit = await api.listAudit(ann, { action: "approval.break_glass", limit: 5 });
  assert.deepEqual(
    audit.events.map(({ actor }) => actor),
    ["root", "bob"],
  );
});

test("the protection cannot be ended, gone around or lost by one person alone", async () => {
  await api.recordConnected(ann, [NODE]);
  const away = { code: "protected", message: /node 'n1' would leave the protected group 'default'/ };
  await assert.rejects(api.createGroup(ann, { name: "edge", selector: "zone=a" }), away);
  await api.createGroup(ann, { name: "edge", selector: "zone=b" });
  await assert.rejects(api.changeGroup(ann, { name: "edge", selector: "zone" }), away);
  await assert.rejects(api.setNodeLabels(ann, { id: "n1", labels: { zone: "b" } }), away);
  await api.protectGroup(ann, "edge");
  await refused(api.removeGroup(ann, "edge"), "protected", /protected by ann/);
  await refused(api.unprotectGroup(ann, { group: "edge", reason: "" }), "bad_input", /say why/);
  const request = await api.unprotectGroup(ann, { group: "edge", reason: "it is a test" });
  assert.equal(request.kind, "unprotect");
  await refused(api.unprotectGroup(bob, { group: "edge", reason: "me too" }), "conflict", /waits already/);
  await refused(api.approveRequest(ann, { id: request.id }), "forbidden", /another person/);
  await api.approveRequest(bob, { id: request.id });
  const group = (await api.listGroups(ann)).find(({ name }) => name === "edge");
  assert.equal(group?.protected, undefined);
  await api.removeGroup(ann, "edge");
});

test("two who approve at once start one rollout", async () => {
  const request = await ask();
  const cyn = config.as("publisher", "cyn");
  const answers = await Promise.allSettled(
    [bob, cyn].map((who) => api.approveRequest(who, { id: request.id })),
  );
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  assert.equal(
    (await api.listRollouts(ann, { limit: 2 })).filter(({ version }) => version === request.version).length,
    1,
  );
});
