import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { apiRegistry } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { compileCommonLb } from "./compile-common-lb.ts";

const DNS = "type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster";

test("hosts are hashed by name where the cluster's type is STRICT_DNS, and nowhere else", () => {
  const refusal = (cluster: JsonObject): string => {
    const problems: Problem[] = [];
    const common_lb_config = { consistent_hashing_lb_config: { use_hostname_for_hashing: true } };
    const message = { name: "c", common_lb_config, ...cluster };
    compileCommonLb(fromJson(ClusterSchema, message, { registry: apiRegistry() }), problems);
    return problems.map(({ path }) => path).join();
  };
  const at = "common_lb_config.consistent_hashing_lb_config.use_hostname_for_hashing";
  assert.equal(refusal({ type: "STRICT_DNS" }), "");
  assert.equal(refusal({ type: "STATIC" }), at);
  assert.equal(refusal({}), at);
  assert.equal(refusal({ cluster_type: { name: "dns", typed_config: { "@type": DNS } } }), at);
});
