import assert from "node:assert/strict";
import { it } from "node:test";
import type { JsonObject } from "@bufbuild/protobuf";
import { explainMatch } from "./explain-match.ts";
import { headersOf, request, tableOf } from "./testing/tables.ts";

const table = tableOf({
  virtualHosts: [
    {
      name: "all",
      domains: ["*"],
      routes: [{ name: "all", match: { prefix: "/" }, directResponse: { status: 200 } }],
    },
    {
      name: "example",
      domains: ["example.com"],
      routes: [
        {
          name: "tenant",
          match: { prefix: "/a", headers: [{ name: "x-tenant", stringMatch: { exact: "t" } }] },
          directResponse: { status: 200 },
        },
        { name: "exact", match: { path: "/b" }, directResponse: { status: 200 } },
        { name: "a", match: { prefix: "/a" }, directResponse: { status: 200 } },
        { name: "rest", match: { prefix: "/" }, directResponse: { status: 200 } },
      ],
    },
    { name: "other", domains: ["other.com"] },
  ],
});

it("tells the fate of every virtual host and route, and chooses what the table does", () => {
  const asked = request("/a/x?q");
  const explanation = explainMatch(table, asked);
  assert.equal(explanation.route, table.match(asked, 0));
  assert.equal(explanation.path, "/a/x");
  assert.deepEqual(
    explanation.virtualHosts.map(({ name, outcome }) => [name, outcome]),
    [
      ["all", "shadowed"],
      ["example", "chosen"],
      ["other", "rejected"],
    ],
  );
  assert.deepEqual(
    explanation.routes.map(({ name, outcome }) => [name, outcome]),
    [
      ["tenant", "rejected"],
      ["exact", "rejected"],
      ["a", "chosen"],
      ["rest", "shadowed"],
    ],
  );
  assert.deepEqual(explanation.routes[0]?.reasons, [
    {
      field: "virtual_hosts[1].routes[0].match.headers[0]",
      message: 'wanted: header x-tenant is exactly "t"; the request has none',
    },
  ]);
  assert.deepEqual(explanation.routes[1]?.reasons, [
    {
      field: "virtual_hosts[1].routes[1].match.path",
      message: 'wanted: path is exactly "/b"; the path is "/a/x"',
    },
  ]);
});

it("has no route where no virtual host takes the request", () => {
  const lone = tableOf({ virtualHosts: [{ name: "v", domains: ["a.com"] }] });
  const explanation = explainMatch(lone, headersOf([":path", "/"], [":authority", "b.com"]));
  assert.equal(explanation.virtualHost, undefined);
  assert.deepEqual(explanation.routes, []);
  assert.match(explanation.virtualHosts[0]?.reasons[0]?.message ?? "", /none of its domains takes "b\.com"/);
});

it("tells for every kind of condition what was wanted and what the request has", () => {
  const matches: Record<string, JsonObject> = {
    header: { headers: [{ name: "x-a", stringMatch: { exact: "1" } }] },
    presence: { headers: [{ name: "x-a", presentMatch: false }] },
    query: { queryParameters: [{ name: "q", stringMatch: { prefix: "z" } }] },
    cookie: { cookies: [{ name: "c", stringMatch: { exact: "1" } }] },
    grpc: { grpc: {} },
    state: { filterState: [{ key: "k", stringMatch: { exact: "1" } }] },
    metadata: {
      dynamicMetadata: [{ filter: "f", path: [{ key: "k" }], value: { stringMatch: { exact: "1" } } }],
    },
    tls: { tlsContext: { presented: true } },
    share: { runtimeFraction: { defaultValue: { numerator: 0 } } },
  };
  const every = tableOf({
    virtualHosts: [
      {
        name: "v",
        domains: ["*"],
        routes: Object.entries(matches).map(([name, match]) => ({
          name,
          match: { prefix: "/", ...match },
          directResponse: { status: 200 },
        })),
      },
    ],
  });
  const { routes } = explainMatch(every, request("/?q=a", ["x-a", "2"], ["cookie", "c=2"]), 0, {
    filterState: () => "2",
    dynamicMetadata: () => ({ k: 2 }),
  });
  assert.deepEqual(
    routes.map(({ outcome, reasons }) => [outcome, reasons[0]?.message]),
    [
      ["rejected", 'wanted: header x-a is exactly "1"; the request has "2"'],
      ["rejected", 'wanted: header x-a is absent; the request has "2"'],
      ["rejected", 'wanted: query parameter q starts with "z"; the request has "a"'],
      ["rejected", 'wanted: cookie c is exactly "1"; the request has "2"'],
      ["rejected", "wanted: content type is application/grpc; the request has none"],
      ["rejected", 'wanted: filter state k is exactly "1"; the request has "2"'],
      ["rejected", 'wanted: metadata f k matches; the request has "2"'],
      ["rejected", "wanted: client certificate is presented"],
      ["rejected", "wanted: random share 0/100"],
    ],
  );
});
