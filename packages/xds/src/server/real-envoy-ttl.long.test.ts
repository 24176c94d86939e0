import assert from "node:assert/strict";
import { test } from "node:test";
import { startEnvoy } from "@sluice/harness";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { withoutEnvoy } from "../testing/real-envoy.ts";
import { MutableSource, RecordingObserver, resource, startXdsServer } from "../testing/xds-fixture.ts";
import { TYPE_URLS } from "../type-urls.ts";

/** Heartbeats come at half of it: that much may pass on a busy machine without Envoy noticing. */
const TTL_MS = 10_000;
const DEADLINE_MS = 60_000;

function bootstrap(api: string, port: number): string {
  return `
node: {id: envoy-ttl, cluster: test}
dynamic_resources:
  ads_config: {api_type: ${api}, transport_api_version: V3, grpc_services: {envoy_grpc: {cluster_name: xds}}}
  cds_config: {ads: {}, resource_api_version: V3}
static_resources:
  clusters:
  - name: xds
    connect_timeout: 1s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment: {cluster_name: xds, endpoints: {lb_endpoints: {endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}}}
`;
}

for (const api of ["GRPC", "DELTA_GRPC"]) {
  test(`a stock Envoy keeps a resource with a TTL while heartbeats come, and drops it when they stop (${api})`, {
    skip: withoutEnvoy,
  }, async (t) => {
    const source = new MutableSource();
    const server = await startXdsServer({ source, observer: new RecordingObserver() });
    const init = { connectTimeout: { seconds: 1n } };
    const timed = { ...resource("timed", ClusterSchema, { name: "timed", ...init }), ttlMs: TTL_MS };
    source.set("1", {
      [TYPE_URLS.cluster]: [timed, resource("lasting", ClusterSchema, { name: "lasting", ...init })],
    });
    const envoy = await startEnvoy({ yaml: bootstrap(api, server.port) });
    let isServing = true;
    t.after(async () => {
      await envoy.close();
      if (isServing) await server.close();
    });
    const clusters = async (): Promise<string> => {
      const text = await envoy.admin("/clusters");
      return ["lasting", "timed"].filter((name) => text.includes(`${name}::observability_name`)).join();
    };
    const until = async (wanted: string): Promise<void> => {
      const deadline = performance.now() + DEADLINE_MS;
      while ((await clusters()) !== wanted) {
        assert.ok(performance.now() < deadline, `Envoy has ${await clusters()}, not ${wanted}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await until("lasting,timed");
    for (const keptUntil = performance.now() + 2.5 * TTL_MS; performance.now() < keptUntil; ) {
      assert.equal(await clusters(), "lasting,timed");
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    await server.close();
    isServing = false;
    const stoppedMs = performance.now();
    await until("lasting");
    t.diagnostic(`dropped ${(performance.now() - stoppedMs).toFixed(0)} ms after the last connection`);
  });
}
