import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { TypedExtensionConfigSchema } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import { EnvironmentResourceDetectorConfigSchema } from "@sluice/xds/gen/envoy/extensions/tracers/opentelemetry/resource_detectors/v3/environment_resource_detector_pb.js";
import { StaticConfigResourceDetectorConfigSchema } from "@sluice/xds/gen/envoy/extensions/tracers/opentelemetry/resource_detectors/v3/static_config_resource_detector_pb.js";
import { detectResource } from "./resource-detectors.ts";

const environment = create(TypedExtensionConfigSchema, {
  name: "environment",
  typedConfig: anyPack(
    EnvironmentResourceDetectorConfigSchema,
    create(EnvironmentResourceDetectorConfigSchema),
  ),
});
const fixed = create(TypedExtensionConfigSchema, {
  name: "fixed",
  typedConfig: anyPack(
    StaticConfigResourceDetectorConfigSchema,
    create(StaticConfigResourceDetectorConfigSchema, { attributes: { team: "core" } }),
  ),
});

test("attributes come from the environment and the configuration, the later ones winning", () => {
  const variables = { OTEL_RESOURCE_ATTRIBUTES: "team=edge, zone = a=b,empty=" };
  const both = detectResource([environment, fixed], "r", variables);
  assert.deepEqual(both.ok && both.value, { team: "core", zone: "a=b", empty: "" });
  const turned = detectResource([fixed, environment], "r", variables);
  assert.deepEqual(turned.ok && turned.value.team, "edge");
  const none = detectResource([environment], "r", {});
  assert.deepEqual(none.ok && none.value, {});
});

test("what is malformed or unknown is refused by its path", () => {
  const malformed = detectResource([fixed, environment], "r", { OTEL_RESOURCE_ATTRIBUTES: "a=1,b" });
  assert.deepEqual(malformed.ok ? [] : malformed.problems.map(({ path }) => path), ["r[1]"]);
  const bare = detectResource([create(TypedExtensionConfigSchema, { name: "x" })], "r", {});
  assert.deepEqual(bare.ok ? [] : bare.problems.map(({ message }) => message), ["x needs a typed_config"]);
});
