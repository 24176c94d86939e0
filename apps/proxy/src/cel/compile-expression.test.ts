import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ExprSchema } from "@sluice/xds/gen/cel/expr/syntax_pb.js";
import { NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { ExprSchema as LegacyExprSchema } from "@sluice/xds/gen/google/api/expr/v1alpha1/syntax_pb.js";
import { CelExpressionSchema } from "@sluice/xds/gen/xds/type/v3/cel_pb.js";
import { formatContext } from "../formatter/format-context-fixture.ts";
import type { CelExpression, CelOptions, CelSource, CelSubject } from "./expression.ts";
import { compileCel } from "./load-cel.ts";
import { useThreadFacts } from "./thread-facts.ts";
import { TypedValue } from "./typed-value.ts";

const text = (expression: string): CelSource => ({ kind: "text", text: expression });

function compiled(source: CelSource, options: CelOptions = {}): CelExpression {
  const found = compileCel(source, "at", options);
  assert.ok(found.ok, JSON.stringify(found));
  return found.value;
}

function refusal(source: CelSource, options: CelOptions = {}): string {
  const found = compileCel(source, "at", options);
  assert.ok(!found.ok, "is accepted");
  assert.deepEqual(
    found.problems.map(({ path }) => path),
    ["at"],
  );
  return found.problems[0]?.message ?? "";
}

const print = (expression: string, subject: CelSubject = REQUEST, options: CelOptions = {}) =>
  compiled(text(expression), options).print(subject);

const REQUEST = formatContext({
  request: { ":path": "/a?b=c#d", ":method": "GET", "content-length": "12", "x-a": "one" },
  response: { ":status": "200", "grpc-status": "5" },
  streamInfo: {
    virtualHostName: "v",
    upstreamCluster: "c",
    upstreamRemoteAddress: "[::1]:80",
    firstUpstreamTxByteMs: 1,
    lastUpstreamRxByteMs: 3.5,
    filterState: new Map<string, unknown>([["text", "state"]]),
    dynamicMetadata: new Map([["space", { key: [1, { a: "b" }] }]]),
  },
});

/** Nothing but a connection. */
const CONNECTION: CelSubject = {
  request: undefined,
  response: undefined,
  responseTrailers: undefined,
  streamInfo: formatContext({ streamInfo: { responseCode: 0, protocol: undefined } }).streamInfo,
  connection: { ...REQUEST.connection, requestedServerName: "a.test" },
};

describe("an expression", () => {
  it("is refused where it does not parse", () => {
    assert.match(refusal(text("request.path ==")), /^Not able to parse expression: /);
    assert.match(refusal(text("")), /^Not able to parse expression: /);
  });

  const refused: readonly (readonly [string, RegExp, CelOptions?])[] = [
    ["[1].all(x, x > 0)", /Comprehension support is disabled/],
    ["nosuch(1)", /No overload found in reference resolve step for nosuch/],
    ["size(1, 2)", /No overload found in reference resolve step for size/],
    ["request[nosuch(1)]", /for nosuch/],
    ["{'a': nosuch(1)}", /for nosuch/],
    ["'a'.nosuch()", /for nosuch/],
    ["string(1)", /for string/],
    ["'a'.lowerAscii()", /for lowerAscii/],
    ["'%d'.format([1])", /for format/, { enableStringFunctions: true }],
    ["re.nosuch('a')", /for nosuch/],
    ["request.path.matches('(')", /invalid regular expression/],
    ["matches('a', '[a-z]{1000}')", /regular expression exceeds max allowed size/],
    ["nosuch.Type{}", /messages of type nosuch.Type are not known/],
    ["google.protobuf.Duration{nosuch: 1}", /field 'nosuch' not found/],
  ];
  for (const [expression, message, options] of refused)
    it(`is refused when it is ${expression}`, () =>
      assert.match(refusal(text(expression), options), message));

  it("may be what somebody has parsed, of either API", () => {
    const legacy = create(LegacyExprSchema, {
      exprKind: {
        case: "selectExpr",
        value: {
          field: "path",
          operand: { exprKind: { case: "identExpr", value: { name: "request" } } },
        },
      },
    });
    const current = create(ExprSchema, {
      exprKind: { case: "constExpr", value: { constantKind: { case: "boolValue", value: true } } },
    });
    assert.equal(compiled({ kind: "legacy", expr: legacy }).print(REQUEST), "/a?b=c#d");
    const xds = (fields: Parameters<typeof create<typeof CelExpressionSchema>>[1]): CelSource => ({
      kind: "xds",
      expr: create(CelExpressionSchema, fields),
    });
    assert.ok(compiled(xds({ celExprParsed: { expr: current } })).matches(REQUEST));
    assert.ok(compiled(xds({ celExprChecked: { expr: current } })).matches(REQUEST));
    const old = xds({ exprSpecifier: { case: "parsedExpr", value: { expr: legacy } } });
    assert.equal(compiled(old).print(REQUEST), "/a?b=c#d");
    assert.equal(refusal(xds({})), "CEL expression not set.");
    assert.match(refusal({ kind: "legacy", expr: create(LegacyExprSchema) }), /Invalid empty expression/);
  });

  it("holds only where it is true: what fails or is no bool does not", () => {
    for (const [expression, expected] of [
      ["request.headers['x-a'] == 'one'", true],
      ["request.headers['x-a']", false],
      ["request.headers['x-b'] == 'one'", false],
      ["request.headers['x-b'] == 'one' || true", true],
      ["1 / 0 == 1", false],
    ] as const)
      assert.equal(compiled(text(expression)).matches(REQUEST), expected, expression);
  });

  it("reads attributes of a request", () => {
    for (const [expression, expected] of [
      ["request.url_path", "/a"],
      ["request.query", "b=c"],
      ["request.size", "12"],
      ["request.nosuch", undefined],
      ["response.grpc_status", "5"],
      ["response.backend_latency", "2.5ms"],
      ["upstream.port", "80"],
      ["source.address", "127.0.0.1:40000"],
      ["metadata.filter_metadata.space.key[1].a", "b"],
      [
        "metadata",
        'filter_metadata { key: "space" value { fields { key: "key" value { list_value { values { number_value: 1 } values { struct_value { fields { key: "a" value { string_value: "b" } } } } } } } } } ',
      ],
      ["filter_state.text", "state"],
      ["filter_state.text == b'state'", "true"],
      ["upstream_filter_state", undefined],
      ["xds.cluster_name", "c"],
      ["xds.virtual_host_name", "v"],
      ["xds.node", undefined],
      ["nosuch", undefined],
      ["has(nosuch.thing)", undefined],
      ["constructor", undefined],
    ] as const)
      assert.equal(print(expression), expected, expression);
  });

  it("reads those of a bare connection, where a request has none", () => {
    for (const [expression, expected] of [
      ["connection.requested_server_name", "a.test"],
      ["connection.tls_version", undefined],
      ["request.path", undefined],
      ["request.protocol", undefined],
      ["request.headers", "CelMap value"],
      ["size(request.headers)", "0"],
      ["response.code", undefined],
      ["response.grpc_status", undefined],
      ["xds.route_name", undefined],
      ["xds.filter_chain_name", ""],
    ] as const)
      assert.equal(print(expression, CONNECTION), expected, expression);
  });

  it("reads what TLS says, of several names the first", () => {
    const tls = {
      version: "TLSv1.3",
      cipherSuite: "x",
      alpn: undefined,
      peerCertificatePresented: true,
      peerCertificateValidated: true,
      uriSanPeer: ["spiffe://a", "spiffe://b"],
      dnsSanPeer: [],
      subjectPeer: "CN=peer",
      sha256PeerCertificateDigest: "ab",
    };
    const subject = { ...CONNECTION, connection: { ...CONNECTION.connection, tls } };
    for (const [expression, expected] of [
      ["connection.mtls", "true"],
      ["connection.tls_version", "TLSv1.3"],
      ["connection.subject_peer_certificate", "CN=peer"],
      ["connection.subject_local_certificate", ""],
      ["connection.uri_san_peer_certificate", "spiffe://a"],
      ["connection.dns_san_peer_certificate", undefined],
      ["connection.sha256_peer_certificate_digest", "ab"],
      ["upstream.tls_version", undefined],
    ] as const)
      assert.equal(print(expression, subject), expected, expression);
  });

  it("knows the node and the endpoints from its thread", () => {
    const host = {
      address: "[::1]:80",
      locality: "r\u0000z\u0000s",
      localityMetadata: { of: { locality: "l" } },
    };
    useThreadFacts({
      node: toBinary(NodeSchema, create(NodeSchema, { id: "n" })),
      clusters: { get: () => ({ hostCount: 3, hostSets: [{ hosts: [host] }] }) },
    });
    assert.equal(print("xds.node.id", REQUEST, { knowsNode: true }), "n");
    assert.equal(print("xds.node.id", REQUEST), undefined);
    assert.equal(print("upstream.num_endpoints"), "3");
    assert.equal(print("upstream.locality"), 'region: "r" zone: "z" sub_zone: "s" ');
    assert.equal(print("xds.upstream_host_locality_metadata.filter_metadata.of.locality"), "l");
    assert.equal(print("upstream.locality", CONNECTION), undefined);
  });

  it("prints texts in octets, and counts their characters", () => {
    const subject = formatContext({ request: { "x-a": Buffer.from("é€").toString("latin1") } });
    assert.equal(print("request.headers['x-a']", subject), Buffer.from("é€").toString("latin1"));
    assert.equal(print("size(request.headers['x-a'])", subject), "2");
    assert.equal(print("request.headers['x-a'] == 'é€'", subject), "true");
  });

  it("has the response's code as soon as its head is there", () => {
    const subject = formatContext({ response: { ":status": "404" }, streamInfo: { responseCode: 0 } });
    assert.equal(print("response.code", subject), "404");
  });

  it("keeps types for JSON", () => {
    const json = (expression: string): unknown => {
      const value = compiled(text(expression)).value(REQUEST);
      return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
    };
    assert.equal(json("1"), 1);
    assert.equal(json("9007199254740993"), "9007199254740993");
    assert.equal(json("duration('90s')"), "90s");
    assert.equal(json("b'abc'"), "YWJj");
    assert.equal(json("null"), null);
    assert.equal(json("type(1)"), undefined);
    assert.equal(json("request"), undefined);
    assert.deepEqual(json("{'b': [1, 2u], 'a': request.headers}"), {
      a: { ":path": "/a?b=c#d", ":method": "GET", "content-length": "12", "x-a": "one" },
      b: [1, 2],
    });
    const value = compiled(text("duration('90s')")).value(REQUEST);
    assert.ok(value instanceof TypedValue && value.text === "1m30s");
  });

  it("has the functions of texts that its options name", () => {
    const strings = { enableStringConversion: true, enableStringConcat: true, enableStringFunctions: true };
    for (const expression of [
      "string(1.0/3.0) == '0.3333333333333333'",
      "'a' + 'b' == 'ab'",
      "'a,b,c'.split(',', 2) == ['a', 'b,c']",
      "'abcb'.replace('b', 'x', 1) == 'axcb'",
      "'abc'.replace('', '-') == '-a-b-c-'",
      "'😀x'.indexOf('x') == 1 && '😀x'.charAt(1) == 'x' && '😀x'.substring(1) == 'x'",
      "'abc'.reverse() == 'cba'",
    ])
      assert.ok(compiled(text(expression), strings).matches(REQUEST), expression);
    assert.equal(print("'a' + 'b'"), undefined);
    assert.equal(print("[1] + [2]", REQUEST, strings), undefined);
  });
});
