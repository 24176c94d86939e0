import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { TypedExtensionConfigSchema } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import fc from "fast-check";
import { messageDescriptor } from "../registry/api-registry.ts";
import { anyMessage } from "../testing/any-message.ts";
import { parseYaml } from "./parse-yaml.ts";
import { toProtoJson } from "./to-proto-json.ts";
import { toYaml } from "./to-yaml.ts";

const TYPES = [
  "envoy.config.bootstrap.v3.Bootstrap",
  "envoy.config.listener.v3.Listener",
  "envoy.config.cluster.v3.Cluster",
  "envoy.config.route.v3.RouteConfiguration",
  "envoy.config.endpoint.v3.ClusterLoadAssignment",
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  "envoy.service.discovery.v3.DeltaDiscoveryRequest",
];

for (const type of TYPES) {
  test(`any ${type} survives YAML`, () => {
    const schema = messageDescriptor(type);
    fc.assert(
      fc.property(anyMessage(schema), (message) => {
        const json = toProtoJson(schema, message);
        const yaml = toYaml(schema, message);
        const read = parseYaml(yaml, schema);
        assert.deepEqual(read.problems, [], yaml);
        assert.deepEqual(read.json, json);
        const asJson = parseYaml(JSON.stringify(json), schema, { format: "json" });
        assert.deepEqual(asJson.json, json);
        assert.ok(read.message !== undefined && asJson.message !== undefined);
        assert.deepEqual(
          fromBinary(schema, toBinary(schema, asJson.message)),
          fromBinary(schema, toBinary(schema, message)),
        );
      }),
      { numRuns: 60 },
    );
  });
}

test("@type comes first, defaults are left out, an unknown Any keeps its bytes", () => {
  const config = create(TypedExtensionConfigSchema, {
    name: "x",
    typedConfig: create(AnySchema, { typeUrl: "type.googleapis.com/foo.Bar", value: Uint8Array.of(1, 2) }),
  });
  assert.equal(
    JSON.stringify(toProtoJson(TypedExtensionConfigSchema, config)),
    '{"name":"x","typed_config":{"@type":"type.googleapis.com/foo.Bar","value":"AQI="}}',
  );
});
