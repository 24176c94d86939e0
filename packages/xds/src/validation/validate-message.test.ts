import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { BootstrapSchema } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { checkYaml } from "./check-yaml.ts";
import { validateMessage } from "./validate-message.ts";
import { violationTable } from "./violation-table.ts";

for (const { title, bootstrap, violation } of violationTable) {
  test(`${title}: ${violation === undefined ? "no violation" : "the violation is told at its path"}`, () => {
    const { problems } = checkYaml(bootstrap, BootstrapSchema);
    const errors = problems.filter(({ severity }) => severity === "error");
    if (violation === undefined) {
      assert.deepEqual(errors, []);
      return;
    }
    const [path, message] = violation;
    assert.ok(
      errors.some((error) => error.path === path && message.test(error.message)),
      JSON.stringify(errors, undefined, 1),
    );
    for (const { position } of errors) assert.ok(position !== undefined && position.line > 1);
  });
}

test("every violation is told, not just the first", () => {
  const { problems } = checkYaml("name: ''\nlb_policy: 77\nhealth_checks: [{}]\nfoo: 1\n", ClusterSchema);
  assert.deepEqual(
    problems.map(({ path, message }) => `${path}: ${message}`),
    [
      "name: must not be empty",
      "lb_policy: 77 is no value of LbPolicy",
      "health_checks[0].timeout: must be set",
      "health_checks[0].interval: must be set",
      "health_checks[0].unhealthy_threshold: must be set",
      "health_checks[0].healthy_threshold: must be set",
      "health_checks[0]: one of 'http_health_check', 'tcp_health_check', 'grpc_health_check', 'custom_health_check' must be set",
      "foo: unknown field 'foo'; did you mean 'name'?",
    ]
      .slice(0, 7)
      .concat(problems.at(-1) === undefined ? [] : [`foo: ${problems.at(-1)?.message}`]),
  );
});

test("deprecated fields are warnings, disallowed ones errors", () => {
  const { problems, message } = checkYaml("name: a\nhttp2_protocol_options: {}\n", ClusterSchema);
  assert.deepEqual(
    problems.map(({ path, severity, message: text }) => [path, severity, text]),
    [["http2_protocol_options", "warning", "'http2_protocol_options' is deprecated and will be removed"]],
  );
  assert.ok(message !== undefined);
  const disallowed = checkYaml(
    "dynamic_resources: {ads_config: {set_node_on_first_message_only: true}}",
    BootstrapSchema,
  );
  assert.deepEqual(
    disallowed.problems.map(({ path, severity }) => [path, severity]),
    [["dynamic_resources.ads_config.api_type", "error"]],
  );
});

test("an Any of an unknown type is refused by name, a field from the future is a warning", () => {
  const cluster = create(ClusterSchema, {
    name: "a",
    typedExtensionProtocolOptions: { x: create(AnySchema, { typeUrl: "type.googleapis.com/foo.Bar" }) },
  });
  assert.deepEqual(validateMessage(ClusterSchema, cluster), [
    { path: "typed_extension_protocol_options[x]", message: "unknown type 'foo.Bar'", severity: "error" },
  ]);
  const future = fromBinary(ClusterSchema, Uint8Array.of(0x0a, 1, 0x61, 0xf8, 0x7f, 1));
  assert.deepEqual(
    validateMessage("envoy.config.cluster.v3.Cluster", future).map(({ severity, message }) => [
      severity,
      message,
    ]),
    [["warning", "field number 2047 is not in this version of envoy.config.cluster.v3.Cluster"]],
  );
});
