import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { listAudit } from "../audit/list-audit.ts";
import { getNode } from "../node/get-node.ts";
import { recordConnected } from "../node/record-node-events.ts";
import { removeNode } from "../node/remove-node.ts";
import { heartbeatReplica, releaseReplica } from "../node/replica-lease.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { askNode } from "./ask-node.ts";
import { nodesWithOrders, settleOrder, takeOrders, tidyOrders } from "./carry-orders.ts";
import { closeNodeChannel, openNodeChannel } from "./node-channels.ts";
import { getOrder, listOrders, readOrderContent } from "./read-orders.ts";

const STATUS = {
  state: "LIVE",
  healthCheckFailed: false,
  listenersStopped: false,
  logLevel: "info",
  startedAt: "2026-01-01T00:00:00.000Z",
  connections: 0,
};
const ACTIONS = ["drain", "resume", "log_level", "config_dump"] as const;

let config: TestConfig;
before(async () => {
  config = await startConfig();
  const ann = config.as("admin");
  await heartbeatReplica(ann, "r1");
  await recordConnected(ann, [nodeOf("edge", "sluice"), nodeOf("stock", "envoy"), nodeOf("old", "sluice")]);
  await openNodeChannel(ann, {
    node: "edge",
    replica: "r1",
    connection: "c1",
    actions: ACTIONS,
    status: STATUS,
  });
});
after(() => config.close());

function nodeOf(id: string, product: "sluice" | "envoy") {
  const rest = { labels: {}, peer: "127.0.0.1:1", extensions: [], replica: "r1", connection: `x-${id}` };
  return { id, cluster: "c", product, productVersion: "1", ...rest };
}

const take = () => takeOrders(config.as("admin"), { node: "edge", actions: ACTIONS });
const settle = (id: string, done: boolean, reason = "", node = "edge", content?: Uint8Array) =>
  settleOrder(config.as("admin"), { id, node, done, reason, content });

test("an order is asked, taken by one replica, and done when the node says so; all of it audited", async () => {
  const ed = config.as("publisher", "ed");
  const asked = await askNode(ed, { node: "edge", action: "drain" });
  assert.equal(asked.state, "asked");
  assert.deepEqual(await nodesWithOrders(ed), ["edge"]);
  const taken = (await Promise.all([take(), take(), take()])).flat();
  assert.deepEqual(
    taken.map(({ id, action, state }) => [id, action, state]),
    [[asked.id, "drain", "taken"]],
  );
  await settle(asked.id, true, "", "stock");
  assert.equal((await getOrder(ed, asked.id)).state, "taken", "another node's answer counts for nothing");
  await settle(asked.id, true);
  await settle(asked.id, false, "a second answer");
  assert.equal((await getOrder(ed, asked.id)).state, "done");
  const { events } = await listAudit(config.as("admin"), { action: "node.", subject: "node/edge" });
  assert.deepEqual(
    events.map(({ action, actor }) => [action, actor]),
    [
      ["node.drain.done", "edge"],
      ["node.drain", "ed"],
    ],
  );
});

test("a refusal keeps the node's words; an order that nobody takes expires, and a late answer still counts", async () => {
  const ed = config.as("publisher", "ed");
  const level = await askNode(ed, { node: "edge", action: "log_level", level: "debug" });
  assert.deepEqual(level.parameters, { level: "debug" });
  await take();
  await settle(level.id, false, "no such level");
  assert.deepEqual((await getOrder(ed, level.id)).reason, "no such level");
  const never = await askNode(ed, { node: "edge", action: "resume" });
  config.advance(16_000);
  assert.equal((await getOrder(ed, never.id)).state, "expired");
  assert.deepEqual(await take(), []);
  const late = await askNode(ed, { node: "edge", action: "resume" }).catch((error: unknown) => error);
  assert.match(String(late), /not connected/, "its replica's lease is over");
  await heartbeatReplica(ed, "r1");
  const slow = await askNode(ed, { node: "edge", action: "resume" });
  await take();
  config.advance(60_000);
  await heartbeatReplica(ed, "r1");
  await tidyOrders(ed);
  assert.equal((await getOrder(ed, slow.id)).state, "expired");
  await settle(slow.id, true);
  assert.equal((await getOrder(ed, slow.id)).state, "done");
  assert.deepEqual(
    (await listOrders(ed, "edge", 2)).map(({ id }) => id),
    [slow.id, never.id],
  );
});

test("roles: a viewer reads dumps, secrets redacted, and shares one that was just asked; it cannot drain", async () => {
  const eve = config.as("viewer", "eve");
  await assert.rejects(askNode(eve, { node: "edge", action: "drain" }), { code: "forbidden" });
  await assert.rejects(askNode(eve, { node: "edge", action: "log_level", level: "off" }), {
    code: "forbidden",
  });
  const dump = await askNode(eve, { node: "edge", action: "config_dump" });
  const shared = await askNode(config.as("viewer", "joe"), { node: "edge", action: "config_dump" });
  assert.equal(shared.id, dump.id);
  await assert.rejects(readOrderContent(eve, dump.id), { code: "conflict" });
  await take();
  const secret = { private_key: { inline_string: "top secret" } };
  await settle(dump.id, true, "", "edge", gzipSync(JSON.stringify({ configs: [secret] })));
  assert.deepEqual(await readOrderContent(eve, dump.id), {
    configs: [{ private_key: { inline_string: "[redacted]" } }],
  });
  config.advance(3_700_000);
  await heartbeatReplica(eve, "r1");
  await tidyOrders(eve);
  await assert.rejects(readOrderContent(eve, dump.id), { code: "conflict", message: /not kept/ });
  await assert.rejects(askNode(eve, { node: "edge", action: "config_dump", resource: "x" }), {
    code: "bad_input",
  });
});

test("who takes no orders is told what to do on its machine; reading needs no order", async () => {
  const ed = config.as("publisher");
  await assert.rejects(askNode(ed, { node: "stock", action: "drain" }), {
    code: "bad_input",
    message:
      /stock Envoy takes no orders.*curl -X POST http:\/\/127\.0\.0\.1:<admin port>\/healthcheck\/fail/,
  });
  await assert.rejects(askNode(ed, { node: "old", action: "log_level", level: "debug" }), {
    code: "bad_input",
    message: /keeps no order channel.*\/logging\?level=debug/,
  });
  await assert.rejects(askNode(ed, { node: "none", action: "drain" }), { code: "not_found" });
  const dump = await askNode(ed, { node: "stock", action: "config_dump" });
  assert.equal(dump.state, "asked");
  const without = { actions: ["config_dump"], withoutChannel: true } as const;
  assert.equal((await takeOrders(ed, { node: "stock", ...without })).length, 1);
  await askNode(ed, { node: "edge", action: "config_dump" });
  assert.equal((await takeOrders(ed, { node: "edge", ...without })).length, 0, "it is asked itself");
});

test("a node's channel shows with the node, until the call or its replica ends; too many orders are refused", async () => {
  const ed = config.as("publisher");
  assert.deepEqual((await getNode(ed, "edge")).channel?.status, STATUS);
  const many = Array.from({ length: 17 }, () => askNode(ed, { node: "edge", action: "resume" }));
  const refused = (await Promise.allSettled(many)).filter(({ status }) => status === "rejected");
  assert.ok(refused.length >= 1);
  await closeNodeChannel(ed, { node: "edge", connection: "older" });
  assert.notEqual((await getNode(ed, "edge")).channel, undefined);
  await releaseReplica(ed, "r1");
  assert.equal((await getNode(ed, "edge")).channel, undefined);
  await removeNode(ed, "edge");
  assert.deepEqual(await listOrders(ed, "edge"), []);
});
