import assert from "node:assert/strict";
import { test } from "node:test";
import { requestOnce } from "./raw-client.ts";
import { installedEnvoy, startEnvoy } from "./start-proxy.ts";

const YAML = `
static_resources:
  listeners:
    - name: main
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: main
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes: [{ match: { prefix: / }, direct_response: { status: 204 } }]
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;

const skip = installedEnvoy() === undefined ? "there is no envoy on the PATH" : false;

test("an Envoy on free ports is ready, tells its ports and stats, and leaves nothing behind", {
  skip,
}, async () => {
  const envoy = await startEnvoy({ yaml: YAML });
  try {
    const response = await requestOnce(await envoy.listenerPort("main"));
    assert.equal(response.status, 204);
    assert.equal((await envoy.stats("rq_total")).get("http.main.downstream_rq_total"), 1);
  } finally {
    await envoy.close();
  }
  assert.throws(() => process.kill(envoy.process.pid, 0));
});

test("a configuration that Envoy refuses is told with its own words", { skip }, async () => {
  await assert.rejects(startEnvoy({ yaml: "static_resources: { listenerz: [] }" }), /listenerz/);
});
