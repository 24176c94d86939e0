import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { HttpConnectionManagerSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { leniencyTable } from "./leniency-table.ts";
import { parseYaml } from "./parse-yaml.ts";

const CLUSTER = "envoy.config.cluster.v3.Cluster";

for (const { title, yaml, accepted, accepts } of leniencyTable) {
  const reads = accepted || accepts === "only ours";
  test(`${title} is ${reads ? "read" : "refused"}`, () => {
    const { problems, message } = parseYaml(`name: a\n${yaml}\n`, CLUSTER);
    const errors = problems.filter(({ severity }) => severity === "error");
    assert.equal(errors.length === 0, reads, JSON.stringify(errors));
    assert.equal(message !== undefined, reads);
    for (const { position } of errors) assert.ok(position !== undefined && position.line >= 2);
  });
}

test("reads the values as Envoy does", () => {
  const { message, json } = parseYaml(
    `name: a
connect_timeout: 0.25s
lbPolicy: random
per_connection_buffer_limit_bytes: 0x10
metadata: {filter_metadata: {x: {half: 0.5, big: 99999999999, yes: yes, none: ~, list: [1, "2"]}}}
transport_socket_matches:
  name: only
`,
    ClusterSchema,
  );
  assert.equal(message?.connectTimeout?.nanos, 250_000_000);
  assert.equal(message?.perConnectionBufferLimitBytes, 16);
  assert.equal(message?.transportSocketMatches.length, 1);
  assert.deepEqual(json, {
    name: "a",
    connect_timeout: "0.250s",
    lb_policy: "RANDOM",
    per_connection_buffer_limit_bytes: 16,
    metadata: {
      filter_metadata: { x: { big: "99999999999", half: "0.5", list: [1, "2"], none: null, yes: true } },
    },
    transport_socket_matches: [{ name: "only" }],
  });
});

test("a JSON file keeps its numbers", () => {
  const text = `{"metadata": {"filter_metadata": {"x": {"half": 0.5, "yes": "yes"}}}}`;
  const { message } = parseYaml(text, ClusterSchema, { file: "a.json" });
  assert.deepEqual(message?.metadata?.filterMetadata.x, { half: 0.5, yes: "yes" });
});

const LISTENER = `name: web
adress:
  socket_address: {address: 0.0.0.0, port_value: 80}
filter_chains:
- filters:
  - name: hcm
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
      stat_prefix: [web]
      codec_type: HTTP9
      route_config:
        virtual_hosts:
        - name: a
          domains: "*"
          routes:
          - match: {prefx: /}
            route: {cluster: c, timeout: 15}
      http_filters:
      - name: router
        typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.routr.v3.Router}
`;

test("every problem is told at once, with path, place and what to write instead", () => {
  const { problems, message, partial } = parseYaml(LISTENER, ListenerSchema, { file: "l.yaml" });
  assert.equal(message, undefined);
  assert.equal(partial?.name, "web");
  const hcm = "filter_chains[0].filters[0].typed_config";
  const route = `${hcm}.route_config.virtual_hosts[0].routes[0]`;
  assert.deepEqual(
    problems.map(({ path, message: text, position }) => [path, position?.line, position?.column, text]),
    [
      ["adress", 2, 1, "unknown field 'adress'; did you mean 'address'?"],
      [`${hcm}.stat_prefix`, 9, 20, "expected a string, found a list"],
      [`${hcm}.codec_type`, 10, 19, "unknown value 'HTTP9'; did you mean 'HTTP1'?"],
      [`${route}.match.prefx`, 16, 21, "unknown field 'prefx'; did you mean 'prefix'?"],
      [
        `${route}.route.timeout`,
        17,
        42,
        "expected a duration in seconds like '5s' or '0.25s', found the number 15; write '15s'",
      ],
      [
        `${hcm}.http_filters[0].typed_config.@type`,
        20,
        33,
        "unknown type 'envoy.extensions.filters.http.routr.v3.Router'; did you mean 'envoy.extensions.filters.http.router.v3.Router'?",
      ],
    ],
  );
  for (const { position } of problems) assert.equal(position?.file, "l.yaml");
});

test("extensions within extensions are read into their Any", () => {
  const { message, problems } = parseYaml(
    `filter_chains: {filters: {name: hcm, typed_config: {"@type": type.googleapis.com/${HttpConnectionManagerSchema.typeName}, stat_prefix: s}}}`,
    ListenerSchema,
  );
  assert.deepEqual(problems, []);
  const config = message?.filterChains[0]?.filters[0]?.configType;
  assert.ok(config?.case === "typedConfig");
  assert.equal(fromBinary(HttpConnectionManagerSchema, config.value.value).statPrefix, "s");
});

test("the content of a TypedStruct is checked as the message that it names", () => {
  const { problems } = parseYaml(
    `name: x
typed_config:
  "@type": type.googleapis.com/udpa.type.v1.TypedStruct
  type_url: type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
  value: {max_request_byte: 5}
`,
    "envoy.config.core.v3.TypedExtensionConfig",
  );
  assert.deepEqual(
    problems.map(({ path, position }) => [path, position?.line]),
    [["typed_config.value.max_request_byte", 5]],
  );
});

test("a path leads to its place in the text, or to what is around it", () => {
  const { positionOf } = parseYaml(LISTENER, ListenerSchema);
  assert.equal(positionOf("filter_chains[0].filters[0].name")?.line, 6);
  assert.equal(positionOf("filter_chains[0].filters[0].typed_config.tracing.provider")?.line, 7);
  assert.equal(positionOf("address")?.line, 1);
});

test("broken YAML is reported where it breaks", () => {
  const { problems, message } = parseYaml("name: a\n  b: [\n", CLUSTER);
  assert.equal(message, undefined);
  assert.ok(problems.length > 0);
  assert.match(problems[0]?.message ?? "", /^not valid YAML: /);
});

test("anchors and merge keys are resolved, what stands beside a merge wins", () => {
  const { message } = parseYaml(
    `!ignore shared: &base {connect_timeout: 1s, alt_stat_name: base}
<<: *base
alt_stat_name: own
`,
    ClusterSchema,
  );
  assert.equal(message?.connectTimeout?.seconds, 1n);
  assert.equal(message?.altStatName, "own");
});

test("aliases that unfold without end, deep nesting and long texts are refused quickly", () => {
  const laughs = ["a0: &a0 {x: y}"];
  for (let level = 1; level < 40; level++) {
    laughs.push(`a${level}: &a${level} {l: *a${level - 1}, r: *a${level - 1}}`);
  }
  const bomb = `metadata: {filter_metadata: {x: {${laughs.join(", ")}}}}`;
  const deep = `metadata: ${"{a: ".repeat(50_000)}1${"}".repeat(50_000)}`;
  const loop = "metadata: &m {filter_metadata: *m}";
  const before = process.cpuUsage();
  assert.match(parseYaml(bomb, CLUSTER).problems[0]?.message ?? "", /unfolds to more than|nested deeper/);
  assert.match(parseYaml(deep, CLUSTER).problems[0]?.message ?? "", /nested (too deeply|deeper)/);
  assert.match(parseYaml(loop, CLUSTER).problems[0]?.message ?? "", /refers to something that contains it/);
  assert.match(
    parseYaml("name: abc", CLUSTER, { textLengthMax: 5 }).problems[0]?.message ?? "",
    /longer than 5 characters/,
  );
  assert.ok(process.cpuUsage(before).user < 10_000_000, "10 s of CPU");
});

test("an empty text is an empty message", () => {
  const { message, problems } = parseYaml("# nothing\n", ClusterSchema);
  assert.deepEqual(problems, []);
  assert.equal(message?.name, "");
});

test("a problem's place reaches over all of what is wrong, and a bracket may close at its key's column", () => {
  for (const indent of ["  ", ""]) {
    const text = `cleanup_interval: "x"
name: [ a, # ]
${indent}]
alt_stat_name: {}
`;
    assert.deepEqual(
      parseYaml(text, ClusterSchema).problems.map(({ position }) =>
        text.slice(position?.offset, position?.endOffset),
      ),
      ['"x"', `[ a, # ]\n${indent}]`, "{}"],
    );
  }
});

test("anchors, merges and ignored entries mean the same where the text is not strictly YAML", () => {
  const { message, problems } = parseYaml(
    `!ignore shared: &base {connect_timeout: 1s, alt_stat_name: base}
<<: *base
name: &n "x"
alt_stat_name: *n
lb_subset_config: {
  subset_selectors: [{keys: [a]}]
}
`,
    ClusterSchema,
  );
  assert.deepEqual(problems, []);
  assert.equal(message?.connectTimeout?.seconds, 1n);
  assert.deepEqual([message?.name, message?.altStatName], ["x", "x"]);
  assert.deepEqual(message?.lbSubsetConfig?.subsetSelectors[0]?.keys, ["a"]);
});
