import assert from "node:assert/strict";
import { test } from "node:test";
import { startEnvoy } from "@sluice/harness";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { withoutEnvoy } from "../testing/real-envoy.ts";
import { MutableSource, RecordingObserver, resource, startXdsServer, until } from "../testing/xds-fixture.ts";
import { TYPE_URLS } from "../type-urls.ts";

const { cluster } = TYPE_URLS;
const named = (name: string, altStatName = "") => resource(name, ClusterSchema, { name, altStatName });

function bootstrap(port: number): string {
  return `
node: {id: polling, cluster: test}
dynamic_resources:
  cds_config:
    resource_api_version: V3
    api_config_source: {api_type: REST, transport_api_version: V3, cluster_names: [xds], refresh_delay: 0.05s, request_timeout: 10s}
static_resources:
  clusters:
  - name: xds
    connect_timeout: 1s
    load_assignment: {cluster_name: xds, endpoints: {lb_endpoints: {endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}}}
`;
}

test("a stock Envoy polls its clusters, is held while nothing changes, and is seen to acknowledge and to refuse", {
  skip: withoutEnvoy,
}, async () => {
  const source = new MutableSource();
  const observer = new RecordingObserver();
  const server = await startXdsServer({ source, observer });
  source.set("1", { [cluster]: [named("one")] });
  const envoy = await startEnvoy({ yaml: bootstrap(server.port) });
  try {
    const count = (start: string) => observer.lines.filter((line) => line.startsWith(start)).length;
    await until(
      "the ACK",
      () => count("ack Cluster") === 1,
      () => observer.lines,
    );
    const stat = async (name: string): Promise<number> =>
      (await envoy.stats(`^${name}$`)).get(name) ?? Number.NaN;
    // With a refresh_delay of 50 ms it would ask dozens of times; it waits for the answer instead.
    const before = await stat("cluster_manager.cds.update_attempt");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.ok((await stat("cluster_manager.cds.update_attempt")) <= before + 2);
    source.set("2", { [cluster]: [named("one"), named("two")] });
    await until(
      "the next ACK",
      () => count("ack Cluster") === 2,
      () => observer.lines,
    );
    assert.equal(await stat("cluster_manager.cds.update_failure"), 0);
    source.set("3", { [cluster]: [named("")] });
    await until(
      "the refusal",
      () => count("nack Cluster") > 0,
      () => observer.lines,
    );
  } finally {
    await envoy.close();
    await server.close();
  }
});
