import { waitFor } from "@sluice/harness";
import { EXPLICIT_HTTP1, fileLog, httpBootstrap, httpOptions, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const LOG = `
access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT% %REQ(x-up)% %RESP(x-down)%")}`;
const CHUNKED: [string, string][] = [["transfer-encoding", "chunked"]];
const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
const CODEC = `- { name: codec, typed_config: { "@type": ${TYPES}.upstream_codec.v3.UpstreamCodec } }`;
const BUFFER = `- { name: buffer, typed_config: { "@type": ${TYPES}.buffer.v3.Buffer, max_request_bytes: 1000 } }`;

function mutation(name: string, request: string, response: string): string {
  const append = (value: string) =>
    `[{ append: { header: { key: ${value.split("=")[0]}, value: "${value.split("=")[1]}" }, append_action: APPEND_IF_EXISTS_OR_ADD } }]`;
  return `- name: ${name}
  typed_config:
    "@type": ${TYPES}.header_mutation.v3.HeaderMutation
    mutations:
      request_mutations: ${append(request)}
      response_mutations: ${append(response)}`;
}

const router = (filters: string): string => `
- name: envoy.filters.http.router
  typed_config:
    "@type": ${TYPES}.router.v3.Router
    upstream_http_filters:
${filters.replaceAll(/^/gm, "    ")}`;

const protocolOptions = (fields: string): string => httpOptions(`${EXPLICIT_HTTP1}\n${fields}`);

export const UPSTREAM_FILTER_CASES: readonly ConformanceCase[] = [
  {
    title: "copies of requests pass the filters of the cluster that they go to, and no others",
    yaml: httpBootstrap({
      httpFilters: router(`${mutation("first", "x-up=router", "x-down=router")}\n${CODEC}`),
      routes: `
- match: { prefix: "/" }
  route: { cluster: one, request_mirror_policies: [{ cluster: copies }] }
  typed_per_filter_config:
    own:
      "@type": ${TYPES}.header_mutation.v3.HeaderMutationPerRoute
      mutations: { request_mutations: [{ append: { header: { key: x-route, value: "yes" } } }] }`,
      clusters: staticCluster(
        "copies",
        ["{{upstream2}}"],
        protocolOptions(`http_filters:\n${mutation("own", "x-up=own", "x-down=own")}\n${BUFFER}\n${CODEC}`),
      ),
    }),
    requests: [{ path: "/a" }, { method: "POST", path: "/b", body: "some body" }],
    observe: async ({ upstream2 }) => {
      await waitFor("the copies", () => upstream2.requests.filter(({ complete }) => complete).length === 2);
      return null;
    },
    stats: ["cluster.copies.upstream_rq_2xx"],
  },
  {
    title: "filters of the router and of clusters stand before the upstream, once for each try",
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: router(
        `${mutation("first", "x-up=router1", "x-down=router1")}\n${mutation("second", "x-up=router2", "x-down=router2")}\n${CODEC}`,
      ),
      routes: `
- { match: { prefix: "/retried" }, route: { cluster: one, retry_policy: { retry_on: 5xx, num_retries: 2 } } }
- match: { prefix: "/per-route" }
  route: { cluster: one }
  typed_per_filter_config:
    first:
      "@type": ${TYPES}.header_mutation.v3.HeaderMutationPerRoute
      mutations: { request_mutations: [{ append: { header: { key: x-route, value: "%REQ(x-up)%" } } }] }
- { match: { prefix: "/own" }, route: { cluster: own } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
      clusters: staticCluster(
        "own",
        ["{{upstream}}"],
        protocolOptions(`http_filters:\n${mutation("own", "x-up=own", "x-down=own")}\n${CODEC}`),
      ),
    }),
    reply: ({ target }, index) => ({
      status: target === "/retried" && index < 2 ? 503 : 200,
      body: "one",
      headers: [["x-down", "upstream"]],
    }),
    requests: [
      { path: "/retried" },
      { path: "/", headers: [["x-up", "client"]] },
      { path: "/per-route" },
      { path: "/own" },
      { path: "/post", method: "POST", body: "abc" },
    ],
    stats: ["cluster.one.upstream_rq_retry", "cluster.one.upstream_rq_503", "cluster.own.upstream_rq_200"],
    accessLog: { file: "access.log", lines: 5 },
  },
  {
    title: "a buffer before the upstream keeps requests whole, and refuses those that are too large",
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: router(
        `- { name: buffer, typed_config: { "@type": ${TYPES}.buffer.v3.Buffer, max_request_bytes: 4 } }\n${CODEC}`,
      ),
    }),
    requests: [
      { path: "/a", method: "POST", body: "abc" },
      { path: "/b", method: "POST", headers: CHUNKED, body: "3\r\nabc\r\n0\r\n\r\n" },
      { path: "/c", method: "POST", body: "abcdef" },
      { path: "/d", method: "POST", headers: CHUNKED, body: "7\r\nabcdefg\r\n0\r\n\r\n" },
    ],
    stats: ["cluster.one.upstream_rq_200"],
    accessLog: { file: "access.log", lines: 4 },
  },
];
