import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { freePorts, waitFor } from "@sluice/harness";
import { draftRoute, openApi, publishAndWait } from "./api.ts";
import { startAppliance } from "./start-appliance.ts";
import { suspendPostgres } from "./suspend-postgres.ts";

const AWAY_MS = 30_000;

test("Postgres hangs for 30 s: no request fails, the dashboard says so all the while, and afterwards a publish takes effect", async () => {
  const upstream = createServer((_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => upstream.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const address = upstream.address();
  assert.ok(typeof address === "object" && address !== null);
  const [port = 0] = await freePorts(1);
  const appliance = await startAppliance();
  const api = await openApi(appliance);
  try {
    await draftRoute(api, { port, upstreamPort: address.port });
    await publishAndWait(api, "first");
    const resume = suspendPostgres(appliance.dataDir);
    const until = performance.now() + AWAY_MS;
    let asked = 0;
    let unhealthy = 0;
    try {
      while (performance.now() < until) {
        const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5_000) });
        assert.equal(response.status, 200);
        await response.text();
        asked++;
        if (asked % 200 === 0) {
          const health = await fetch(`${appliance.url}/api/health`, { signal: AbortSignal.timeout(15_000) });
          if (health.status === 503) unhealthy++;
          await health.text();
        }
      }
    } finally {
      resume();
    }
    assert.ok(asked > 100);
    assert.ok(unhealthy > 0);
    await waitFor("healthy again", async () => (await fetch(`${appliance.url}/api/health`)).status === 200, {
      deadlineMs: 20_000,
      intervalMs: 200,
    });
    await draftRoute(api, { path: "/more", port, upstreamPort: address.port });
    await publishAndWait(api, "second");
  } finally {
    await api.close();
    await appliance.stop();
    upstream.closeAllConnections();
    upstream.close();
  }
});
