import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitFor } from "@sluice/harness";
import { TELEMETRY_CHANNELS } from "@sluice/telemetry";
import { createTRPCClient, createWSClient, type TRPCClient, wsLink } from "@trpc/client";
import superjson from "superjson";
import { WebSocket } from "ws";
import { ADMIN, startDashboard, type TestDashboard } from "../../testing/start-dashboard.ts";
import type { AppRouter } from "../app-router.ts";

let dashboard: TestDashboard;
let cookie: string;

before(async () => {
  dashboard = await startDashboard();
  const answer = await dashboard.signIn(ADMIN);
  assert.equal(answer.status, 200);
  cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
});

after(() => dashboard?.close());

/** As the browser does it, with the sockets in hand so that they can be cut. */
function connect(): { client: TRPCClient<AppRouter>; sockets: WebSocket[]; close: () => void } {
  const sockets: WebSocket[] = [];
  const headers = { cookie, origin: dashboard.base };
  class Socket extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers });
      sockets.push(this);
    }
  }
  const socket = createWSClient({
    url: `${dashboard.base.replace("http", "ws")}/api/live`,
    WebSocket: Socket as unknown as typeof globalThis.WebSocket,
    retryDelayMs: () => 20,
  });
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket, transformer: superjson })] });
  return { client, sockets, close: () => void socket.close() };
}

async function store(path: string, status = 200): Promise<void> {
  const { sql } = dashboard.database;
  await sql.begin(async (tx) => {
    await tx`insert into telemetry.requests (at, node, listener, method, authority, path, protocol, status, flags, details,
        duration_ms, bytes_received, bytes_sent, virtual_host, route, cluster, upstream_address, downstream_address,
        attempts, request_id, trace_id, user_agent, timings)
      values (now(), 'n1', 'http', 'GET', 'example.org', ${path}, 'HTTP/1.1', ${status}, '{}', '', 1.5, 1, 2, 'web', 'all',
        'web', '10.0.0.1:80', '127.0.0.1:5', 1, '', '', '', '{}')`;
    await tx`select pg_notify(${TELEMETRY_CHANNELS.requests}, '{}')`;
  });
}

test("a live tail goes on after its socket was cut: nothing missing, nothing twice", async () => {
  const { client, sockets, close } = connect();
  const seen: string[] = [];
  let frames = 0;
  const subscription = client.telemetry.requestTail.subscribe(
    { filter: {} },
    {
      onData: ({ data }) => {
        frames += 1;
        seen.push(...data.entries.map((entry) => entry.path));
      },
    },
  );
  try {
    await waitFor("the first frame", () => frames > 0);
    await store("/1");
    await waitFor("a row", () => seen.includes("/1"));
    sockets.at(-1)?.terminate();
    await store("/2");
    await store("/3");
    await waitFor("the rows of the gap", () => seen.includes("/3"));
    assert.ok(sockets.length >= 2, "a second socket");
    await store("/4");
    await waitFor("a row after the gap", () => seen.includes("/4"));
    assert.deepEqual(seen, ["/1", "/2", "/3", "/4"]);
  } finally {
    subscription.unsubscribe();
    close();
  }
});

test("only what passes the filter comes", async () => {
  const { client, close } = connect();
  const seen: number[] = [];
  let frames = 0;
  const subscription = client.telemetry.requestTail.subscribe(
    { filter: { status: "5xx" } },
    {
      onData: ({ data }) => {
        frames += 1;
        seen.push(...data.entries.map((entry) => entry.status));
      },
    },
  );
  try {
    await waitFor("the first frame", () => frames > 0);
    await store("/good");
    await store("/bad", 503);
    await waitFor("the failed one", () => seen.length > 0);
    assert.deepEqual(seen, [503]);
  } finally {
    subscription.unsubscribe();
    close();
  }
});

test("an empty appliance has an overview and a graph, and both go on by themselves", async () => {
  const { client, close } = connect();
  const kinds: string[] = [];
  let overviews = 0;
  const subscriptions = [
    client.telemetry.overview.subscribe(undefined, {
      onData: ({ data }) => {
        overviews += 1;
        assert.equal(data.asOf, undefined);
        assert.deepEqual([data.problems, data.versions], [[], []]);
      },
    }),
    client.telemetry.topology.subscribe({}, { onData: ({ data }) => kinds.push(data.kind) }),
  ];
  try {
    await waitFor("a second frame of each", () => overviews >= 2 && kinds.length >= 2);
    assert.deepEqual(kinds.slice(0, 2), ["whole", "figures"]);
  } finally {
    for (const subscription of subscriptions) subscription.unsubscribe();
    close();
  }
});
