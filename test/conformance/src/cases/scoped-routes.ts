import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { listenersBootstrap } from "../many-listeners.ts";

const direct = (text: string): string =>
  `{ name: ${text}, virtual_hosts: [{ name: v, domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: ${text} } } }] }] }`;

const SCOPED = `scoped_routes:
  name: scopes
  scope_key_builder:
    fragments:
      - header_value_extractor: { name: X-Tenant, element_separator: ";", element: { separator: "=", key: t } }
      - header_value_extractor: { name: x-stage, element_separator: ",", index: 1 }
  scoped_route_configurations_list:
    scoped_route_configurations:
      - { name: a, route_configuration: ${direct("aa")}, key: { fragments: [{ string_key: a }, { string_key: prod }] } }
      - { name: b, route_configuration: ${direct("bb")}, key: { fragments: [{ string_key: b }, { string_key: prod }] } }
      - { name: e, route_configuration: ${direct("ee")}, key: { fragments: [{ string_key: "" }, { string_key: "" }] } }`;

const REQUESTS: CaseRequest[] = (
  [
    ["t=a", "x,prod"],
    ["u=1;t=b", "x,prod,y"],
    ["t=b;t=a", "x,prod"],
    ["t=c", "x,prod"],
    ["t", "x,"],
    ["t=a", "prod"],
    ["t=a=b", "x,prod"],
    [" t=a", "x,prod"],
  ] as const
).map(([tenant, stage]) => ({
  path: "/",
  headers: [
    ["x-tenant", tenant],
    ["x-stage", stage],
  ],
}));

export const SCOPED_ROUTE_CASES: readonly ConformanceCase[] = [
  {
    title: "a scope's routes are chosen by a key of headers",
    yaml: listenersBootstrap({ main: { routeSpecifier: SCOPED } }),
    requests: [...REQUESTS, { path: "/" }],
    stats: ["http.main.no_route", "http.main.rq_total"],
  },
];
