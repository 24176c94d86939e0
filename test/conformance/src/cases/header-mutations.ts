import { fileLog, httpBootstrap, staticCluster, WITH_TRAILERS } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { askListeners, type ListenerParts, listenersBootstrap } from "../many-listeners.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3";
const LOG = `
access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %TRAILER(x-sum)% %TRAILER(x-new)%")}`;
const ROUTER = `
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`;

const mutate = (mutations: string): string => `
- name: mutate
  typed_config:
    "@type": ${TYPE}.HeaderMutation
    mutations:
${mutations.replaceAll(/^/gm, "      ")}`;
const filter = (mutations: string): string => `${mutate(mutations)}${ROUTER}`;

const parameter = (key: string, value: string, action: string): string =>
  `- { append: { record: { key: ${key}, value: "${value}" }, action: ${action} } }`;

const get = (path: string): CaseRequest => ({ path, headers: [["x-from", "h v&=%"]] });

/** Responses that say what is known of themselves before the client has them. */
const TELLING: ListenerParts = {
  httpFilters: mutate(
    `response_mutations:
- append: { header: { key: x-told, value: "%RESPONSE_CODE% %RESP(:status)% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %GRPC_STATUS%" } }`,
  ),
  routes: `- { match: { path: /direct }, direct_response: { status: 403, body: { inline_string: denied } } }
- { match: { path: /moved }, redirect: { path_redirect: /x } }
- { match: { path: /none }, route: { cluster_header: x-cluster } }
- { match: { path: /dead }, route: { cluster: dead } }
- { match: { path: /one }, route: { cluster: one } }`,
};
const MAPPED = `local_reply_config:
  mappers:
  - filter: { status_code_filter: { comparison: { op: GE, value: { default_value: 500, runtime_key: k } } } }
    status_code: 299`;
const ASKED: readonly CaseRequest[] = [
  ...["/direct", "/moved", "/none", "/dead", "/one", "/nowhere"].map((path) => ({ path })),
  { path: "/dead", headers: [["content-type", "application/grpc"]] },
];

export const HEADER_MUTATION_CASES: readonly ConformanceCase[] = [
  {
    title: "header_mutation changes query parameters",
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: filter(`query_parameter_mutations:
  - remove: gone
${parameter("added", "1", "APPEND_IF_EXISTS_OR_ADD").replaceAll(/^/gm, "  ")}
${parameter("absent", "%REQ(x-from)%", "ADD_IF_ABSENT").replaceAll(/^/gm, "  ")}
${parameter("over", "new", "OVERWRITE_IF_EXISTS_OR_ADD").replaceAll(/^/gm, "  ")}
${parameter("only", "if", "OVERWRITE_IF_EXISTS").replaceAll(/^/gm, "  ")}
${parameter("empty", "%REQ(x-none)%", "APPEND_IF_EXISTS_OR_ADD").replaceAll(/^/gm, "  ")}`),
      routes: `
- match: { prefix: "/route" }
  route: { cluster: one }
  typed_per_filter_config:
    mutate:
      "@type": ${TYPE}.HeaderMutationPerRoute
      mutations: { query_parameter_mutations: [${parameter("added", "route", "APPEND_IF_EXISTS_OR_ADD").slice(2)}] }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      get("/a"),
      get("/a?"),
      get("/a?gone=1&x=2&gone=3&over=1&over=2&only=3&absent=4&added=0"),
      get("/a?c=d&e&f=&=g&y=a+b&c=b"),
      get("/a?x=1#frag"),
      { path: "/route?x=1" },
    ],
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "header_mutation decodes the query parameters that it passes on",
    yaml: httpBootstrap({
      httpFilters: filter(`query_parameter_mutations:
${parameter("new", "a b&c", "APPEND_IF_EXISTS_OR_ADD").replaceAll(/^/gm, "  ")}`),
      routes: `- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      get("/a?x=%26&b=c%2Fd"),
      get("/a?x=1%zz%4&%41=2&A=3&p=a+b"),
      get("/a?x=%e9%C3%A9"),
      get("/a?x=%3Fb%23c"),
    ],
  },
  {
    title: "header_mutation changes trailers of both directions",
    yaml: httpBootstrap({
      hcm: `${LOG}\nhttp_protocol_options: { enable_trailers: true }`,
      httpFilters: filter(`request_trailers_mutations:
  - append: { header: { key: x-new, value: "%REQ(x-from)%" } }
  - remove: x-gone
response_trailers_mutations:
  - append: { header: { key: x-new, value: "%TRAILER(x-sum)%" } }
  - remove: x-gone`),
      routes: `- { match: { prefix: "/" }, route: { cluster: trailers } }`,
      clusters: staticCluster("trailers", ["{{upstream}}"], WITH_TRAILERS),
    }),
    reply: ({ target }) =>
      target === "/plain"
        ? { body: "one" }
        : {
            chunks: ["one"],
            trailers: [
              ["x-sum", "1"],
              ["x-gone", "2"],
            ],
          },
    requests: [
      {
        path: "/both",
        method: "POST",
        headers: [
          ["transfer-encoding", "chunked"],
          ["x-from", "client"],
        ],
        body: "3\r\nabc\r\n0\r\nx-sum: 3\r\nx-gone: 4\r\n\r\n",
      },
      { path: "/plain" },
    ],
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "headers to add with the older append flag, and formatters of their own",
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: filter(`formatters:
  - { name: f, typed_config: { "@type": type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery } }
request_mutations:
  - append: { header: { key: x-path, value: "%REQ_WITHOUT_QUERY(:PATH)%" } }
response_mutations:
  - append: { header: { key: x-path, value: "%REQ_WITHOUT_QUERY(:PATH)%" } }`),
      routes: `
- match: { prefix: "/" }
  route: { cluster: one }
  request_headers_to_add:
    - { header: { key: x-over, value: new }, append: false }
    - { header: { key: x-more, value: new }, append: true }`,
    }),
    requests: [
      {
        path: "/a?b=c",
        headers: [
          ["x-from", "client"],
          ["x-over", "old"],
          ["x-more", "old"],
        ],
      },
    ],
    accessLog: { file: "access.log", lines: 1 },
  },
  {
    title: "header_mutation knows the code of the proxy's own replies, as they were mapped",
    yaml: listenersBootstrap({ main: TELLING, mapped: { ...TELLING, hcm: MAPPED } }),
    observe: async (target) => askListeners(target, ["main", "mapped"], ASKED),
  },
];
