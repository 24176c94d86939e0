import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { apiRegistry } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { standardExtensions } from "../extensions/standard.ts";
import { compileCluster } from "./compile-cluster.ts";

const API = "type.googleapis.com/envoy";

function endpoint(address: string, more: JsonObject = {}): JsonObject {
  return { endpoint: { address: { socket_address: { address, port_value: 80 } }, ...more } };
}

function assigned(groups: JsonValue[], more: JsonObject = {}): JsonObject {
  return { load_assignment: { cluster_name: "c", endpoints: groups }, ...more };
}

const ONE = assigned([{ lb_endpoints: [endpoint("127.0.0.1")] }]);
const NAMED = assigned([{ lb_endpoints: [endpoint("x.test")] }]);
const LOCAL = { pipe: { path: "/tmp/x" } };

const http = (options: JsonObject): JsonObject => ({
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": `${API}.extensions.upstreams.http.v3.HttpProtocolOptions`,
      ...options,
    },
  },
});
const policy = (name: string, fields: JsonObject): JsonObject => ({
  load_balancing_policy: {
    policies: [
      {
        typed_extension_config: {
          name: "x",
          typed_config: { "@type": `${API}.extensions.load_balancing_policies.${name}`, ...fields },
        },
      },
    ],
  },
});
const checks = (check: JsonObject): JsonObject => ({
  health_checks: [{ timeout: "1s", interval: "1s", unhealthy_threshold: 1, healthy_threshold: 1, ...check }],
});
const GRPC = checks({ grpc_health_check: {} });

function pathsOf(cluster: JsonObject): readonly string[] {
  const extensions = standardExtensions();
  const message = fromJson(ClusterSchema, { name: "c", ...cluster }, { registry: apiRegistry() });
  const compiled = compileCluster(message, extensions);
  return compiled.ok ? [] : compiled.problems.map(({ path }) => path);
}

const HERE = "load_assignment.endpoints[0].lb_endpoints[0].endpoint";
const OPTIONS = "typed_extension_protocol_options[envoy.extensions.upstreams.http.v3.HttpProtocolOptions]";

/** As Envoy 1.40 judges them: where they are refused. */
const JUDGED: Readonly<Record<string, readonly [cluster: JsonObject, path: string]>> = {
  "a type by its name": [{ ...NAMED, cluster_type: { name: "envoy.cluster.strict_dns" } }, ""],
  "a type that nobody knows": [{ ...ONE, cluster_type: { name: "nobody" } }, "cluster_type.typed_config"],
  "one host of all addresses in two groups": [
    { ...assigned([{ lb_endpoints: [endpoint("x.test")] }, {}]), type: "LOGICAL_DNS" },
    "load_assignment",
  ],
  "a check at a name": [
    assigned([
      {
        lb_endpoints: [
          endpoint("127.0.0.1", {
            health_check_config: { address: { socket_address: { address: "x.test", port_value: 1 } } },
          }),
        ],
      },
    ]),
    `${HERE}.health_check_config`,
  ],
  "a port of a local socket": [
    assigned([{ lb_endpoints: [{ endpoint: { address: LOCAL, health_check_config: { port_value: 1 } } }] }]),
    `${HERE}.health_check_config`,
  ],
  "a local socket that is too long": [
    assigned([{ lb_endpoints: [{ endpoint: { address: { pipe: { path: `/${"x".repeat(107)}` } } } }] }]),
    `${HERE}.address`,
  ],
  "a merge window below zero": [
    { ...ONE, common_lb_config: { update_merge_window: "-1s" } },
    "common_lb_config.update_merge_window",
  ],
  "a jitter below zero": [
    { ...ONE, ...checks({ tcp_health_check: {}, initial_jitter: "-0.5s" }) },
    "health_checks[0].initial_jitter",
  ],
  "an idle timeout below zero": [
    { ...ONE, ...http({ explicit_http_config: {}, common_http_protocol_options: { idle_timeout: "-1s" } }) },
    `${OPTIONS}.common_http_protocol_options.idle_timeout`,
  ],
  "a blackout below zero": [
    {
      ...ONE,
      ...policy("client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin", {
        blackout_period: "-1s",
      }),
    },
    "load_balancing_policy.policies[0].typed_extension_config.typed_config.blackout_period",
  ],
  "a bias below zero": [
    {
      ...ONE,
      lb_policy: "LEAST_REQUEST",
      least_request_lb_config: { active_request_bias: { default_value: -1, runtime_key: "x" } },
    },
    "",
  ],
  "gRPC checks as the client speaks": [
    { ...ONE, ...GRPC, ...http({ use_downstream_protocol_config: {} }) },
    "health_checks[0].grpc_health_check",
  ],
  "gRPC checks as the client speaks, with options of HTTP/2": [
    { ...ONE, ...GRPC, ...http({ use_downstream_protocol_config: { http2_protocol_options: {} } }) },
    "",
  ],
  "a transport socket without configuration": [
    { ...ONE, transport_socket: { name: "envoy.transport_sockets.raw_buffer" } },
    "transport_socket",
  ],
  "a match without a socket": [
    { ...ONE, transport_socket_matches: [{ name: "a" }] },
    "transport_socket_matches[0].transport_socket",
  ],
  "both older options beside the extension": [
    { ...ONE, http_protocol_options: {}, http2_protocol_options: {}, ...http({ explicit_http_config: {} }) },
    "",
  ],
  "both older options": [
    { ...ONE, http_protocol_options: {}, http2_protocol_options: {} },
    "http_protocol_options",
  ],
  "a policy that says what the older field does not": [
    { type: "ORIGINAL_DST", ...policy("cluster_provided.v3.ClusterProvided", {}) },
    "lb_policy",
  ],
};

for (const [what, [cluster, path]] of Object.entries(JUDGED)) {
  test(`${what} is ${path === "" ? "taken" : "refused"}`, () => {
    assert.deepEqual(pathsOf(cluster), path === "" ? [] : [path]);
  });
}
