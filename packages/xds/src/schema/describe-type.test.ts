import assert from "node:assert/strict";
import { test } from "node:test";
import { apiRegistry } from "../registry/api-registry.ts";
import { describeType } from "./describe-type.ts";
import { extensionTypes } from "./extension-types.ts";

function field(type: string, name: string) {
  const found = describeType(type).fields.find((candidate) => candidate.name === name);
  assert.ok(found, `${type}.${name}`);
  return found;
}

const CLUSTER = "envoy.config.cluster.v3.Cluster";

test("every message of the API can be described, as plain JSON", () => {
  for (const descriptor of apiRegistry()) {
    if (descriptor.kind !== "message") continue;
    const description = describeType(descriptor.typeName);
    assert.equal(description.fields.length, descriptor.fields.length);
    assert.doesNotThrow(() => structuredClone(description));
  }
  assert.throws(() => describeType("foo.Bar"), /foo.Bar is no message/);
});

test("a field tells its kind, rules, default and documentation", () => {
  const timeout = field(CLUSTER, "connect_timeout");
  assert.equal(timeout.kind, "duration");
  assert.deepEqual(timeout.rulesText, ["greater than 0s"]);
  assert.match(timeout.documentation, /^The timeout for new network connections/);
  const name = field(CLUSTER, "name");
  assert.deepEqual(
    [name.kind, name.required, name.defaultValue, name.hasPresence],
    ["string", true, "", false],
  );
  const limit = field(CLUSTER, "per_connection_buffer_limit_bytes");
  assert.deepEqual([limit.kind, limit.hasPresence, limit.defaultValue], ["uint32", true, undefined]);
  const policy = field(CLUSTER, "lb_policy");
  assert.equal(policy.defaultValue, "ROUND_ROBIN");
  assert.ok(policy.enumValues.some((value) => value.name === "MAGLEV" && value.documentation !== ""));
  assert.equal(field(CLUSTER, "http2_protocol_options").deprecated, "deprecated");
  assert.equal(
    field(CLUSTER, "load_assignment").messageName,
    "envoy.config.endpoint.v3.ClusterLoadAssignment",
  );
  const options = field(CLUSTER, "typed_extension_protocol_options");
  assert.deepEqual([options.cardinality, options.keyKind, options.kind], ["map", "string", "any"]);
});

test("groups say that one must be set", () => {
  const { oneofs } = describeType("envoy.config.route.v3.RouteMatch");
  assert.deepEqual(oneofs[0]?.required, true);
  assert.ok(oneofs[0]?.fields.includes("prefix"));
});

test("a slot for an extension leads to the messages that fit", () => {
  const hcm = "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter";
  const categories = field(hcm, "typed_config").extensionCategories;
  assert.deepEqual(categories, ["envoy.filters.http"]);
  const types = extensionTypes("envoy.filters.http");
  for (const name of ["buffer.v3.Buffer", "cors.v3.Cors", "router.v3.Router", "rbac.v3.RBAC"]) {
    const typeName = `envoy.extensions.filters.http.${name}`;
    assert.deepEqual(
      types.find((type) => type.typeName === typeName),
      { typeName, category: "envoy.filters.http", role: "config" },
    );
  }
  const connectionManager =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  assert.ok(extensionTypes("envoy.filters.network").some(({ typeName }) => typeName === connectionManager));
  assert.deepEqual(extensionTypes("envoy.nothing"), []);
});

test("documentation is plain text", () => {
  for (const descriptor of apiRegistry()) {
    if (descriptor.kind !== "message") continue;
    for (const { documentation, name } of describeType(descriptor).fields) {
      assert.doesNotMatch(
        documentation,
        /:ref:|\[#|\r|\.\. (?:note|attention)::/,
        `${descriptor.typeName}.${name}`,
      );
    }
  }
});
