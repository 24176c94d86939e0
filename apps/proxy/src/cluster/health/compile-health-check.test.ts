import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { standardExtensions } from "../../extensions/standard.ts";
import { compileCluster } from "../compile-cluster.ts";

const TYPES = "type.googleapis.com/envoy.extensions.health_checkers";

/** The check of a cluster that has one custom check, or what is wrong with it, one problem a line. */
function compile(customHealthCheck: JsonValue): unknown {
  const check = {
    timeout: "1s",
    interval: "1s",
    healthyThreshold: 1,
    unhealthyThreshold: 1,
    customHealthCheck,
  };
  const cluster = fromJson(ClusterSchema, { name: "c", healthChecks: [check] }, { registry: apiRegistry() });
  const compiled = compileCluster(cluster, standardExtensions());
  if (compiled.ok) return compiled.value.healthChecks[0]?.check;
  return compiled.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
}

test("a custom check is known by the type of its configuration, or by its name where it has none", () => {
  const redis = `${TYPES}.redis.v3.Redis`;
  assert.deepEqual(compile({ name: "any", typedConfig: { "@type": redis, key: "down" } }), {
    kind: "redis",
    key: "down",
  });
  assert.deepEqual(compile({ name: "envoy.health_checkers.redis" }), { kind: "redis", key: "" });
});

test("other custom checks are refused by name", () => {
  const thrift = {
    "@type": `${TYPES}.thrift.v3.Thrift`,
    methodName: "m",
    transport: "FRAMED",
    protocol: "BINARY",
  };
  assert.match(
    String(compile({ name: "envoy.health_checkers.thrift", typedConfig: thrift })),
    /^health_checks\[0\]\.custom_health_check\.typed_config: envoy\.extensions\.health_checkers\.thrift\.v3\.Thrift is not implemented$/m,
  );
  assert.equal(
    compile({ name: "envoy.health_checkers.thrift" }),
    "health_checks[0].custom_health_check.name: envoy.health_checkers.thrift is not implemented",
  );
  const iam = { "@type": `${TYPES}.redis.v3.Redis`, awsIam: { region: "eu", serviceName: "elasticache" } };
  assert.match(
    String(compile({ name: "redis", typedConfig: iam })),
    /aws_iam is not implemented: credentials/,
  );
});
