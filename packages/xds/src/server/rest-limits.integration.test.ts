import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { MutableSource, RecordingObserver, resource, startXdsServer } from "../testing/xds-fixture.ts";
import { TYPE_URLS } from "../type-urls.ts";

const { cluster } = TYPE_URLS;

test("a peer that has as many polls waiting as one peer may is refused alone, and served again afterwards", async (t) => {
  const source = new MutableSource();
  source.set("1", { [cluster]: [resource("web", ClusterSchema, { name: "web" })] });
  const server = await startXdsServer({
    source,
    observer: new RecordingObserver(),
    maxStreamsPerPeer: 2,
    restHoldMs: 60_000,
  });
  t.after(() => server.close());
  const poll = async (version: string): Promise<Response> =>
    await fetch(`http://127.0.0.1:${server.port}/v3/discovery:clusters`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-envoy-expected-rq-timeout-ms": "120000" },
      body: JSON.stringify({ node: { id: "poller" }, version_info: version, type_url: cluster }),
    });
  const first = await poll("");
  assert.equal(first.status, 200);
  const { versionInfo: version } = (await first.json()) as { versionInfo: string };
  // Two are held until something changes; the third of them is answered at once.
  const three = [poll(version), poll(version), poll(version)];
  const refused = await Promise.race(three);
  assert.equal(refused.status, 429);
  assert.match(await refused.text(), /has 2 streams open, as many as one peer may/);
  source.set("2", { [cluster]: [resource("web", ClusterSchema, { name: "web", altStatName: "w" })] });
  assert.deepEqual((await Promise.all(three)).map(({ status }) => status).toSorted(), [200, 200, 429]);
  assert.equal((await poll(version)).status, 200);
});
