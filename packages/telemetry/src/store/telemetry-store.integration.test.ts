import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { migrateAll, type OpenDatabase, openDatabase, openNotificationBus } from "@sluice/database";
import { startPostgres, type TestPostgres, waitFor } from "@sluice/harness";
import type { Scope, Span } from "../contract.ts";
import type { ScopeReport } from "../ingest/metrics-reader.ts";
import type { NewAccessLogEntry } from "../ingest/read-access-log.ts";
import { emptyMeasures, type MutableMeasures } from "../measures/measures.ts";
import { telemetryMigrations } from "../migrations.ts";
import { readDrops } from "../query/read-drops.ts";
import { readOverview } from "../query/read-overview.ts";
import { readRequest, readRequestsSince, searchRequests } from "../query/read-requests.ts";
import { readSeries, readSeriesSince } from "../query/read-series.ts";
import { readTopScopes } from "../query/read-top-scopes.ts";
import { readTrace, readTracesSince, searchTraces } from "../query/read-traces.ts";
import { maintain } from "./maintenance.ts";
import { TelemetryStore } from "./telemetry-store.ts";

let postgres: TestPostgres;
const open: OpenDatabase[] = [];

before(async () => {
  postgres = await startPostgres();
});
after(async () => {
  for (const database of open) await database.close();
  await postgres.close();
});

async function freshDatabase(): Promise<OpenDatabase> {
  const url = await postgres.createDatabase();
  await migrateAll(url, [telemetryMigrations]);
  const database = openDatabase(url, { poolSize: 4 });
  open.push(database);
  return database;
}

function report(scope: Scope, values: Partial<MutableMeasures>): ScopeReport {
  return { scope, measures: { ...emptyMeasures(), ...values } };
}

function latencyOf(counts: Readonly<Record<number, number>>): number[] {
  const { latency } = emptyMeasures();
  for (const [bucket, count] of Object.entries(counts)) latency[Number(bucket)] = count;
  return latency;
}

function entry(values: Partial<NewAccessLogEntry>): NewAccessLogEntry {
  return {
    at: new Date(),
    node: "n1",
    listener: "main",
    method: "GET",
    authority: "shop.example",
    path: "/",
    protocol: "HTTP/1.1",
    status: 200,
    flags: [],
    details: "via_upstream",
    durationMs: 3,
    bytesReceived: 10,
    bytesSent: 20,
    virtualHost: "shop",
    route: "all",
    cluster: "web",
    upstreamAddress: "127.0.0.1:8080",
    downstreamAddress: "127.0.0.1:50000",
    attempts: 1,
    requestId: "",
    traceId: "",
    userAgent: "test",
    timings: { "request received": 0.1 },
    ...values,
  };
}

function span(values: Partial<Span>): Span {
  return {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    parentSpanId: undefined,
    name: "ingress",
    kind: "server",
    service: "sluice",
    node: "n1",
    startNs: BigInt(Date.now()) * 1_000_000n,
    durationNs: 5_000_000n,
    error: false,
    attributes: { "http.method": "GET", "http.url": "http://shop.example/cart?item=7" },
    events: [],
    ...values,
  };
}

const web: Scope = { kind: "cluster", name: "web" };

test("reports of two replicas for the same second add up; gauges are the newest", async () => {
  const { sql } = await freshDatabase();
  const stores = [new TelemetryStore(sql), new TelemetryStore(sql)];
  const second = Math.floor(Date.now() / 1000) * 1000;
  for (const [index, store] of stores.entries()) {
    store.addReports("n1", second, second + 500 + index, [
      report(web, {
        requests: 10,
        responses5xx: 1,
        connectionsActive: 4,
        latency: latencyOf({ 3: 9, 47: 1 }),
      }),
    ]);
    await store.close();
  }
  const [series] = await readSeries(sql, {
    scopes: [web],
    range: { from: new Date(second), to: new Date(second + 1000) },
  });
  assert.equal(series?.points.length, 1);
  const measures = series.points[0]?.measures;
  assert.equal(measures?.requests, 20);
  assert.equal(measures.responses5xx, 2);
  assert.equal(measures.connectionsActive, 4);
  assert.equal(measures.latency[3], 18);
  assert.equal(measures.latency[47], 2);
});

test("the overview sums nodes, and its rate is that of the time the reports cover", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql);
  const start = Date.now() - 8_000;
  for (let step = 0; step < 16; step++) {
    for (const node of ["n1", "n2"]) {
      store.addReports(node, start + step * 500, start + (step + 1) * 500, [
        report({ kind: "node", name: node }, { requests: 50, responses2xx: 50, connectionsActive: 3 }),
      ]);
    }
  }
  await store.close();
  const overview = await readOverview(sql);
  assert.ok(overview.asOf !== undefined);
  const rate = overview.now.measures.requests / overview.now.seconds;
  assert.ok(Math.abs(rate - 200) < 4, `200 requests a second were reported, the overview says ${rate}`);
  assert.equal(overview.now.measures.connectionsActive, 6);
  assert.deepEqual(overview.nodes.map(({ scope }) => scope.name).sort(), ["n1", "n2"]);
  assert.equal(overview.hourAgo, undefined);
});

test("a live series gives the seconds since the cursor", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql);
  const now = Math.floor(Date.now() / 1000) * 1000;
  for (let age = 10; age > 0; age--) {
    store.addReports("n1", now - age * 1000, now - age * 1000 + 999, [report(web, { requests: age })]);
  }
  await store.close();
  const { series, next } = await readSeriesSince(sql, { scopes: [web], since: new Date(now - 3_000) });
  assert.deepEqual(
    series[0]?.points.map(({ measures }) => measures.requests),
    [3, 2, 1],
  );
  assert.ok(next.getTime() <= Date.now() - 1_000 && next.getTime() >= now - 3_000);
});

test("rolling up adds counters, keeps the last gauge, and may be repeated", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql);
  const minute = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
  for (let second = 0; second < 60; second++) {
    const at = minute + second * 1000;
    store.addReports("n1", at, at + 999, [
      report(web, { requests: 2, connectionsActive: second, latency: latencyOf({ 5: 2 }) }),
    ]);
  }
  await store.close();
  await maintain(sql, 0);
  await maintain(sql, 1);
  const range = { from: new Date(minute), to: new Date(minute + 60_000) };
  const [tens] = await readSeries(sql, { scopes: [web], range, resolution: "10s" });
  const [minutes] = await readSeries(sql, { scopes: [web], range, resolution: "1m" });
  assert.deepEqual(
    tens?.points.map(({ measures }) => [measures.requests, measures.connectionsActive]),
    [9, 19, 29, 39, 49, 59].map((last) => [20, last]),
  );
  assert.equal(minutes?.points.length, 1);
  assert.equal(minutes.points[0]?.measures.requests, 120);
  assert.equal(minutes.points[0]?.measures.latency[5], 120);
  assert.equal(minutes.points[0]?.measures.connectionsActive, 59);
});

test("retention deletes what is older or more than is kept", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql, { requestsPerSecondAndNode: 1000 });
  const old = Date.now() - 20 * 60_000;
  store.addReports("n1", old, old + 500, [report(web, { requests: 1 })]);
  store.addReports("n1", Date.now() - 500, Date.now(), [report(web, { requests: 1 })]);
  store.addRequests(
    "n1",
    Array.from({ length: 30 }, (_, index) => entry({ path: `/${index}` })),
    Date.now(),
  );
  await store.close();
  await maintain(sql, 0, async () => ({ requestsMax: 10 }));
  const kept = await sql<{ count: number }[]>`select count(*)::int as count from telemetry.stats_1s`;
  assert.ok((kept[0]?.count ?? 0) <= 2 && (kept[0]?.count ?? 0) >= 1);
  const page = await searchRequests(sql);
  assert.equal(page.entries.length, 10);
  assert.equal(page.entries[0]?.path, "/29");
});

test("requests are found by filters and paged newest first", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql, { requestsPerSecondAndNode: 1000 });
  const entries = Array.from({ length: 25 }, (_, index) =>
    entry({
      path: `/item/${index}`,
      status: index % 5 === 0 ? 503 : 200,
      flags: index % 5 === 0 ? ["UF", "URX"] : [],
      durationMs: index,
      requestId: `req-${index}`,
    }),
  );
  store.addRequests(
    "n1",
    [...entries, entry({ path: "/100%_sure\\", node: "n1", authority: "OTHER.example" })],
    Date.now(),
  );
  await store.close();

  const first = await searchRequests(sql, { limit: 10 });
  assert.equal(first.entries[0]?.path, "/100%_sure\\");
  assert.ok(first.next !== undefined);
  const second = await searchRequests(sql, { limit: 10, before: first.next });
  assert.equal(second.entries[0]?.path, "/item/15");

  const paths = async (filter: Parameters<typeof searchRequests>[1]) =>
    (await searchRequests(sql, filter)).entries.map(({ path }) => path);
  assert.deepEqual(await paths({ filter: { status: "5xx", minDurationMs: 15 } }), ["/item/20", "/item/15"]);
  assert.deepEqual(await paths({ filter: { flag: "urx", path: "item/1" } }), ["/item/15", "/item/10"]);
  assert.deepEqual(await paths({ filter: { path: "%_" } }), ["/100%_sure\\"]);
  assert.deepEqual(await paths({ filter: { authority: "oTHer" } }), ["/100%_sure\\"]);
  assert.deepEqual(await paths({ filter: { requestId: "req-7" } }), ["/item/7"]);
  assert.equal(
    (await paths({ filter: { status: ">=400", cluster: "web", node: "n1", method: "get" } })).length,
    5,
  );
  await assert.rejects(searchRequests(sql, { filter: { status: "abc" } }), RangeError);
  await assert.rejects(searchRequests(sql, { before: "x" }), RangeError);

  const one = first.entries[0];
  assert.deepEqual(await readRequest(sql, one?.id ?? ""), one);
  assert.equal(await readRequest(sql, "no id"), undefined);
  assert.equal(await readRequest(sql, "999999"), undefined);
});

test("a live tail misses no request although several replicas write", async () => {
  const { sql } = await freshDatabase();
  const stores = Array.from(
    { length: 3 },
    () => new TelemetryStore(sql, { requestsPerSecondAndNode: 10_000 }),
  );
  let { cursor } = await readRequestsSince(sql);
  const seen: string[] = [];
  let written = 0;
  const tail = async () => {
    const page = await readRequestsSince(sql, { after: cursor, limit: 1000 });
    cursor = page.cursor;
    seen.push(...page.entries.map(({ path }) => path));
  };
  for (let round = 0; round < 20; round++) {
    for (const store of stores) store.addRequests("n1", [entry({ path: `/${written++}` })], Date.now());
    await tail();
  }
  await waitFor("every request to come by", async () => {
    await tail();
    return seen.length >= written;
  });
  for (const store of stores) await store.close();
  await tail();
  assert.equal(new Set(seen).size, written);
  assert.equal(seen.length, written);
});

test("above a node's cap requests are sampled, errors first, and the rest is counted", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql, { requestsPerSecondAndNode: 20 });
  const now = Date.now();
  const entries = Array.from({ length: 100 }, (_, index) => entry({ status: index === 50 ? 500 : 200 }));
  store.addRequests("n1", entries, now);
  await store.close();
  const { entries: stored } = await searchRequests(sql, { limit: 1000 });
  assert.equal(stored.length, 20);
  assert.equal(stored.filter(({ status }) => status === 500).length, 1);
  const drops = await readDrops(sql, { from: new Date(now - 60_000), to: new Date(now + 60_000) });
  assert.equal(drops.requestsSampled, 80);
});

test("text that Postgres cannot hold is cleaned, not refused", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql, { onTrouble: (_, error) => assert.fail(String(error)) });
  store.addRequests("n1", [entry({ path: "/a\0b\ud800", userAgent: "x".repeat(10_000) })], Date.now());
  await store.close();
  const { entries } = await searchRequests(sql);
  assert.equal(entries[0]?.path, "/a\ufffdb\ufffd");
  assert.equal(entries[0]?.userAgent.length, 4096);
});

test("spans make traces, which grow as more come, and lead from a request to its trace", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql);
  const start = BigInt(Date.now()) * 1_000_000n;
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const child = span({
    spanId: "00f067aa0ba902b7",
    parentSpanId: "b7ad6b7169203331",
    name: "router web egress",
    kind: "client",
    startNs: start + 1_000_000n,
    error: true,
    attributes: { "guid:x-request-id": "req-1" },
    events: [{ name: "retry", atNs: start + 2_000_000n }],
  });
  store.addSpans([child], Date.now());
  store.addRequests("n1", [entry({ requestId: "req-1" })], Date.now());
  const tail = await waitFor("the first span", async () => {
    const found = await readTracesSince(sql, { after: "0" });
    return found.traces.length === 1 ? found : undefined;
  });
  const root = span({ startNs: start, durationNs: 9_000_000n });
  store.addSpans([root, root, child], Date.now());
  await store.close();

  const grown = await readTracesSince(sql, { after: tail.cursor });
  assert.deepEqual(
    grown.traces.map(({ rootName, durationMs, spanCount, errorCount }) => [
      rootName,
      durationMs,
      spanCount,
      errorCount,
    ]),
    [["GET /cart", 9, 2, 1]],
  );
  const spans = await readTrace(sql, traceId.toUpperCase());
  assert.deepEqual(
    spans.map(({ name }) => name),
    ["ingress", "router web egress"],
  );
  assert.deepEqual(spans[1], child);
  const found = async (filter: object) => (await searchTraces(sql, { filter })).traces.length;
  assert.equal(await found({ text: "shop.EXAMPLE/cart", errorsOnly: true, minDurationMs: 9, node: "n1" }), 1);
  assert.equal(await found({ minDurationMs: 9.1 }), 0);
  assert.equal(await found({ text: "nowhere" }), 0);
  assert.equal((await searchRequests(sql, { filter: { traceId } })).entries[0]?.traceId, traceId);
});

test("the busiest scopes come first", async () => {
  const { sql } = await freshDatabase();
  const store = new TelemetryStore(sql);
  const now = Date.now();
  store.addReports("n1", now - 500, now, [
    report({ kind: "route", name: "shop/a" }, { requests: 5, responses5xx: 5 }),
    report({ kind: "route", name: "shop/b" }, { requests: 50 }),
    report(web, { requests: 500 }),
  ]);
  await store.close();
  const names = async (by: "requests" | "errors") =>
    (await readTopScopes(sql, { kind: "route", by })).map(({ scope }) => scope.name);
  assert.deepEqual(await names("requests"), ["shop/b", "shop/a"]);
  assert.deepEqual(await names("errors"), ["shop/a"]);
});

test("each write notifies with the second that it begins at", async () => {
  const { sql } = await freshDatabase();
  const payloads: string[] = [];
  const stop = await openNotificationBus(sql).listen("sluice_stats", (payload) => payloads.push(payload));
  const store = new TelemetryStore(sql);
  const second = Math.floor(Date.now() / 1000) * 1000;
  store.addReports("n1", second - 300, second + 200, [report(web, { requests: 100 })]);
  const payload = await waitFor("the notification", () => payloads[0]);
  assert.equal(new Date((JSON.parse(payload) as { at: string }).at).getTime(), second - 1000);
  await store.close();
  await stop();
});

test("while Postgres is away rows wait; what does not fit is dropped oldest first and counted", async () => {
  const { sql } = await freshDatabase();
  const troubles: string[] = [];
  const recovered: string[] = [];
  const store = new TelemetryStore(sql, {
    queueRowsMax: 5,
    requestsPerSecondAndNode: 1000,
    onTrouble: (what) => troubles.push(what),
    onRecovered: (what) => recovered.push(what),
  });
  await sql`select 1`;
  await postgres.crash();
  const now = Date.now();
  store.addRequests(
    "n1",
    Array.from({ length: 8 }, (_, index) => entry({ path: `/${index}` })),
    now,
  );
  store.addReports("n1", now - 100, now, [report(web, { requests: 7 })]);
  await waitFor(
    "the trouble to be noticed",
    () => troubles.includes("requests") && troubles.includes("stats"),
  );
  await postgres.start();
  await waitFor("both to be written", () => recovered.includes("requests") && recovered.includes("stats"), {
    deadlineMs: 20_000,
  });
  await store.close();
  const { entries } = await searchRequests(sql);
  assert.deepEqual(
    entries.map(({ path }) => path),
    ["/7", "/6", "/5", "/4", "/3"],
  );
  const drops = await readDrops(sql, { from: new Date(now - 60_000), to: new Date(now + 60_000) });
  assert.equal(drops.requestsLost, 3);
  assert.equal((await readTopScopes(sql, { kind: "cluster" }))[0]?.measures.requests, 7);
});
