import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { parseOutboundPolicy } from "@sluice/config/outbound";
import { type RecordType, startZone } from "../../testing/start-zone.ts";
import { awaitRecord } from "./await-record.ts";
import { NameServers } from "./name-servers.ts";

const { signal } = new AbortController();
const RECORD = { name: "_acme-challenge.shop.example.", value: "proof" };

/** A resolver that knows the zone's servers to be on this machine, and one of those servers. */
async function zone(t: TestContext, records: Readonly<Record<string, readonly string[]>>) {
  const served = await startZone((name, type) => records[`${type} ${name}`] ?? []);
  const resolver = await startZone((name: string, type: RecordType) =>
    type === "NS" && name === "shop.example" ? ["localhost"] : (records[`${type} ${name}`] ?? []),
  );
  t.after(() => {
    served.close();
    resolver.close();
  });
  const resolvers = [`127.0.0.1:${resolver.port}`];
  const options = { instead: [], resolvers, port: served.port };
  return {
    allowed: new NameServers({ ...options, outbound: parseOutboundPolicy("localhost") }),
    forbidden: new NameServers({ ...options, outbound: parseOutboundPolicy("") }),
  };
}

test("the zone's own name servers are asked, and must all have the record", async (t) => {
  const records: Record<string, readonly string[]> = {};
  const { allowed } = await zone(t, records);
  const waiting = awaitRecord(allowed, RECORD, { deadlineMs: 60_000, signal });
  records["TXT _acme-challenge.shop.example"] = ["of another order", "proof"];
  await waiting;
});

test("what is not seen in time is told with the server that lacks it", async (t) => {
  const { allowed } = await zone(t, { "TXT _acme-challenge.shop.example": ["another"] });
  await assert.rejects(awaitRecord(allowed, RECORD, { deadlineMs: 0, signal }), {
    name: "AcmeError",
    message:
      "_acme-challenge.shop.example. was put up, but is not seen after 0 s: localhost has other values",
  });
});

test("a zone whose name server is inside of the network is not asked", async (t) => {
  const { forbidden } = await zone(t, {});
  await assert.rejects(awaitRecord(forbidden, RECORD, { deadlineMs: 0, signal }), {
    message: /^a name server cannot be asked: localhost leads to .*SLUICE_OUTBOUND_ALLOW can allow it$/,
  });
});

test("a record goes to where its name is an alias of", async (t) => {
  const { allowed } = await zone(t, {
    "CNAME _acme-challenge.shop.example": ["shop.acme.example"],
    "CNAME a.example": ["a.example"],
  });
  assert.equal(await allowed.target("_acme-challenge.shop.example"), "shop.acme.example");
  assert.equal(await allowed.target("_acme-challenge.www.shop.example"), "_acme-challenge.www.shop.example");
  await assert.rejects(allowed.target("a.example"), { message: /too many others/ });
});
