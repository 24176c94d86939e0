import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import type { ConnectionInfo, TlsInfo } from "@sluice/extension-api";
import { RBACSchema } from "@sluice/xds/gen/envoy/config/rbac/v3/rbac_pb.js";
import { Headers } from "../http/header-map.ts";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import { compileRbacRules } from "./rbac-engine.ts";
import { RbacInput } from "./rbac-input.ts";

const TLS: TlsInfo = {
  version: "TLSv1.3",
  cipherSuite: "x",
  alpn: undefined,
  peerCertificatePresented: true,
  peerCertificateValidated: true,
  uriSanPeer: ["spiffe://a/b"],
  dnsSanPeer: ["b.test"],
  subjectPeer: "CN=c",
  sha256PeerCertificateDigest: undefined,
};
const CONNECTION: ConnectionInfo = {
  id: 1,
  directRemoteAddress: "10.0.0.1:1000",
  remoteAddress: "192.168.0.1:2000",
  localAddress: "10.0.0.9:443",
  requestedServerName: "a.test",
  tls: TLS,
};

function input(
  headers: Readonly<Record<string, string>> = {},
  connection: Partial<ConnectionInfo> = {},
): RbacInput {
  const streamInfo = new RequestStreamInfo(0, 0);
  streamInfo.setDynamicMetadata("f", { key: "value" });
  streamInfo.filterState.set("state", "s1");
  const view = new Headers();
  for (const [name, value] of Object.entries(headers)) view.append(name, value);
  const info = { ...CONNECTION, ...connection };
  const socketConnection = { ...info, remoteAddress: "10.2.0.1:3000" };
  return new RbacInput(info, streamInfo, {
    headers: view,
    stream: { socketConnection },
    routeMetadata: { f: { key: "route" } },
  });
}

function allows(permission: JsonObject, principal: JsonObject, given = input()): boolean {
  const rules = { action: "ALLOW", policies: { p: { permissions: [permission], principals: [principal] } } };
  const compiled = compileRbacRules(fromJson(RBACSchema, rules), "rules");
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value.decide(given).allowed;
}

const ANY = { any: true };

describe("access control", () => {
  const permissions: readonly (readonly [JsonObject, boolean])[] = [
    [{ destination_port: 443 }, true],
    [{ destination_port_range: { start: 443, end: 444 } }, true],
    [{ destination_port_range: { start: 444, end: 500 } }, false],
    [{ destination_ip: { address_prefix: "10.0.0.0", prefix_len: 8 } }, true],
    [{ requested_server_name: { suffix: ".test" } }, true],
    [{ header: { name: ":method", string_match: { exact: "GET" } } }, true],
    [{ url_path: { path: { prefix: "/a" } } }, true],
    [
      { metadata: { filter: "f", path: [{ key: "key" }], value: { string_match: { exact: "value" } } } },
      true,
    ],
    [{ not_rule: ANY }, false],
    [{ and_rules: { rules: [ANY, { not_rule: ANY }] } }, false],
    [{ or_rules: { rules: [{ not_rule: ANY }, ANY] } }, true],
  ];
  for (const [permission, expected] of permissions) {
    it(`by permission ${JSON.stringify(permission)}`, () => {
      assert.equal(allows(permission, ANY, input({ ":method": "GET", ":path": "/a/b?c" })), expected);
    });
  }

  const principals: readonly (readonly [JsonObject, boolean])[] = [
    [{ direct_remote_ip: { address_prefix: "10.0.0.1", prefix_len: 32 } }, true],
    [{ remote_ip: { address_prefix: "10.0.0.1", prefix_len: 32 } }, false],
    [{ remote_ip: { address_prefix: "192.168.0.0", prefix_len: 16 } }, true],
    [{ source_ip: { address_prefix: "10.2.0.1", prefix_len: 32 } }, true],
    [{ source_ip: { address_prefix: "192.168.0.0", prefix_len: 16 } }, false],
    [
      {
        sourced_metadata: {
          metadata_source: "ROUTE",
          metadata_matcher: {
            filter: "f",
            path: [{ key: "key" }],
            value: { string_match: { exact: "route" } },
          },
        },
      },
      true,
    ],
    [{ authenticated: {} }, true],
    [{ authenticated: { principal_name: { exact: "spiffe://a/b" } } }, true],
    [{ authenticated: { principal_name: { exact: "CN=c" } } }, true],
    [{ authenticated: { principal_name: { exact: "d" } } }, false],
    [{ filter_state: { key: "state", string_match: { exact: "s1" } } }, true],
    [{ not_id: ANY }, false],
    [{ and_ids: { ids: [ANY, ANY] } }, true],
  ];
  for (const [principal, expected] of principals) {
    it(`by principal ${JSON.stringify(principal)}`, () => {
      assert.equal(allows(ANY, principal), expected);
    });
  }

  it("takes nobody without a certificate for authenticated", () => {
    assert.equal(allows(ANY, { authenticated: {} }, input({}, { tls: undefined })), false);
  });

  it("refuses extensions that are not built and conditions that are none, with their paths", () => {
    const rules = {
      policies: {
        p: { permissions: [{ matcher: { name: "m" } }], principals: [ANY], condition: { const_expr: {} } },
      },
    };
    const compiled = compileRbacRules(fromJson(RBACSchema, rules), "rules");
    assert.ok(!compiled.ok);
    assert.deepEqual(
      compiled.problems.map(({ path }) => path),
      ['rules.policies["p"].permissions[0].matcher', 'rules.policies["p"].condition'],
    );
  });
});

describe("a policy's condition", () => {
  const decide = (policy: JsonObject, given = input({ "x-a": "one" })) => {
    const rules = { policies: { p: { permissions: [ANY], principals: [ANY], ...policy } } };
    const compiled = compileRbacRules(fromJson(RBACSchema, rules), "rules");
    return compiled.ok ? compiled.value.decide(given).allowed : compiled.problems;
  };
  const header = {
    selectExpr: {
      operand: { selectExpr: { operand: { identExpr: { name: "request" } }, field: "headers" } },
      field: "x-a",
    },
  };
  const is = (text: JsonObject): JsonObject => ({ callExpr: { function: "_==_", args: [header, text] } });
  const ONE = { constExpr: { stringValue: "one" } };

  it("has to be true besides", () => {
    assert.equal(decide({ condition: is(ONE) }), true);
    assert.equal(decide({ condition: is({ constExpr: { stringValue: "two" } }) }), false);
  });

  it("does not hold where it fails, or is no bool", () => {
    assert.equal(decide({ condition: is(ONE) }, input()), false);
    assert.equal(decide({ condition: header }), false);
  });

  it("has the functions that cel_config names", () => {
    const parts = ["o", "ne"].map((stringValue) => ({ constExpr: { stringValue } }));
    const condition = is({ callExpr: { function: "_+_", args: parts } });
    assert.equal(decide({ condition }), false);
    assert.equal(decide({ condition, celConfig: { enableStringConcat: true } }), true);
  });

  it("is refused where it is no expression, and in its checked form", () => {
    const path = 'rules.policies["p"].condition';
    const message = "failed to create an expression: No overload found in reference resolve step for nosuch";
    assert.deepEqual(decide({ condition: { callExpr: { function: "nosuch" } } }), [
      { path, message, severity: "error" },
    ]);
    assert.notEqual(decide({ checkedCondition: { expr: ONE } }), true);
  });
});
