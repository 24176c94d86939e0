import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import { BootstrapSchema } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { ConfigSourceSchema } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { checkResourceSources } from "./check-resource-sources.ts";

const grpc = (cluster: string): JsonObject => ({
  api_type: "GRPC",
  transport_api_version: "V3",
  grpc_services: [{ envoy_grpc: { cluster_name: cluster } }],
});
const source = (cluster: string): JsonObject => ({
  resource_api_version: "V3",
  api_config_source: grpc(cluster),
});
const ADS = { resource_api_version: "V3", ads: {} };

/** `path: message`, one a line; cluster `control` is declared. */
function problems(bootstrap: JsonObject, nodeId = "n", layers: readonly JsonObject[] = []): string {
  const message = fromJson(
    BootstrapSchema,
    { static_resources: { clusters: [{ name: "control" }] }, ...bootstrap },
    { registry: apiRegistry() },
  );
  const runtime = layers.map((layer) => fromJson(ConfigSourceSchema, layer));
  return checkResourceSources(message, nodeId, runtime)
    .map(({ path, message }) => `${path}: ${message}`)
    .join("\n");
}

test("sources whose clusters the bootstrap declares are taken", () => {
  const dynamic = { ads_config: grpc("control"), lds_config: ADS, cds_config: source("control") };
  assert.equal(problems({ dynamic_resources: dynamic }, "n", [source("control")]), "");
  assert.equal(problems({}, ""), "");
});

test("each source whose cluster is not declared is refused where it stands", () => {
  const unknown = "must have a statically defined cluster: 'gone' does not exist";
  assert.equal(
    problems(
      {
        dynamic_resources: { ads_config: grpc("gone"), lds_config: source("gone"), cds_config: ADS },
        cluster_manager: { load_stats_config: grpc("gone") },
      },
      "n",
      [source("gone")],
    ),
    [
      `dynamic_resources.ads_config: ${unknown}`,
      `dynamic_resources.lds_config.api_config_source: ${unknown}`,
      `cluster_manager.load_stats_config: ${unknown}`,
      `layered_runtime: ${unknown}`,
    ].join("\n"),
  );
});

test("ADS needs ads_config, and who asks a control plane needs a name", () => {
  assert.equal(
    problems({ dynamic_resources: { lds_config: ADS } }),
    "dynamic_resources.lds_config.ads: ADS must be configured to support an ADS config source",
  );
  assert.equal(
    problems({ dynamic_resources: { ads_config: grpc("control") } }, ""),
    "dynamic_resources.ads_config: needs a node id: set node.id or --service-node",
  );
});
