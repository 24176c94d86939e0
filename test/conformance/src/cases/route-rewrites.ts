import { httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

function paths(...list: string[]): CaseRequest[] {
  return list.map((path) => ({ path }));
}

const TEMPLATE_MATCH =
  "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
const TEMPLATE_REWRITE =
  "type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig";

function template(match: string, rewrite: string): string {
  return `- match: { path_match_policy: { name: m, typed_config: { "@type": ${TEMPLATE_MATCH}, path_template: "${match}" } } }
  route: { cluster: one, path_rewrite_policy: { name: r, typed_config: { "@type": ${TEMPLATE_REWRITE}, path_template_rewrite: "${rewrite}" } } }`;
}

export const ROUTE_REWRITE_CASES: readonly ConformanceCase[] = [
  {
    title: "paths are rewritten by template and by format",
    yaml: httpBootstrap({
      routes: [
        template("/t/{country}/{lang=*}/**", "/{lang}/{country}"),
        template("/v/{rest=**}", "/media/{rest}"),
        `- { match: { prefix: "/format" }, route: { cluster: one, path_rewrite: "/f/%REQ(x-part)%/%REQ(:method)%" } }`,
        `- { match: { prefix: "/query" }, route: { cluster: one, path_rewrite: "/f?own=%REQ(x-part)%" } }`,
        `- { match: { prefix: "/bare" }, route: { cluster: one, path_rewrite: "%REQ(x-part)%" } }`,
        `- match: { prefix: "/seen" }
  route: { cluster: one, prefix_rewrite: "/new", host_rewrite_literal: new.test }
  request_headers_to_add: [{ header: { key: x-seen, value: "%REQ(:path)% %REQ(:authority)% %REQ(x-envoy-original-path)%" } }, { header: { key: x-path, value: "%PATH(NQ:ORIG)%" } }]`,
      ].join("\n"),
    }),
    requests: [
      ...paths("/t/ch/de/x/y?q=1", "/v/a/b?c", "/v/", "/query?x=1", "/seen/x?y"),
      ...["/format?x=1", "/query", "/bare?z"].map(
        (path): CaseRequest => ({ path, headers: [["x-part", "a b"]] }),
      ),
    ],
  },
  {
    title: "the host is rewritten by path and by format, and what it was is told",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/regex" }, route: { cluster: one, host_rewrite_path_regex: { pattern: { regex: "^/regex/(.+)/.*$" }, substitution: '\\1' }, append_x_forwarded_host: true } }
- { match: { prefix: "/format" }, route: { cluster: one, host_rewrite: "%REQ(x-tenant)%.test" } }
- { match: { prefix: "/absent" }, route: { cluster: one, host_rewrite: "%REQ(x-tenant)%" } }
- { match: { prefix: "/append" }, route: { cluster: one, host_rewrite_literal: new.test, append_x_forwarded_host: true } }
- { match: { prefix: "/only" }, route: { cluster: one, append_x_forwarded_host: true } }`,
    }),
    requests: [
      ...paths("/regex/a.test/x?/y/z", "/regex/", "/format", "/absent", "/only"),
      { path: "/format", headers: [["x-tenant", "t1"]] },
      { path: "/append", headers: [["x-forwarded-host", "a.test, example.test"]] },
      { path: "/append", headers: [["x-forwarded-host", "a.test,b.test"]] },
      { path: "/only", headers: [["x-forwarded-host", "a.test"]] },
    ],
  },
  {
    title: "redirects take parts from formats and keep what they do not name",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/format" }, redirect: { path_rewrite: "/f/%REQ(x-part)%" } }
- { match: { prefix: "/host" }, redirect: { host_redirect: "new.test:81", strip_query: true } }
- { match: { prefix: "/both" }, redirect: { host_redirect: "new.test", port_redirect: 82, https_redirect: true } }
- { match: { prefix: "/prefix" }, redirect: { prefix_rewrite: "/p?own=1" } }
- { match: { prefix: "/strip" }, redirect: { path_redirect: "/s?a=b", strip_query: true } }
- { match: { safe_regex: { regex: "/x/.*" } }, redirect: { prefix_rewrite: "/all" } }
- { match: { prefix: "/regex" }, redirect: { regex_rewrite: { pattern: { regex: "/regex/(.*)" }, substitution: '/r/\\1' }, strip_query: true, scheme_redirect: "gopher" } }`,
    }),
    requests: [
      ...paths("/format?x", "/host?x", "/both", "/prefix/y?z", "/strip?c", "/x/y?z", "/regex/a?b"),
      { path: "/format?x=1", headers: [["x-part", "p"]] },
      { path: "/both", headers: [["host", "[::1]:9"]] },
      { path: "/strip", headers: [["host", "[::1]:9"]] },
    ],
    stats: ["http.main.rq_redirect", "http.main.rq_direct_response", "http.main.rq_total"],
  },
  {
    title: "direct responses come from files and octets, and may be formatted",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/file" }, direct_response: { status: 200, body: { filename: "{{dir}}/body.txt" } } }
- { match: { prefix: "/bytes" }, direct_response: { status: 201, body: { inline_bytes: "aGkKAA==" } } }
- { match: { prefix: "/format" }, direct_response: { status: 200, body: { inline_string: "plain" }, body_format: { text_format_source: { inline_string: "[%LOCAL_REPLY_BODY%] %REQ(:path)% %RESPONSE_CODE%" } } } }
- { match: { prefix: "/json" }, direct_response: { status: 404, body_format: { json_format: { path: "%REQ(:path)%", code: "%RESPONSE_CODE%" } } } }
- { match: { prefix: "/type" }, direct_response: { status: 200, body_format: { text_format_source: { inline_string: "<p>" }, content_type: "text/html" } } }
- { match: { prefix: "/none" }, non_forwarding_action: {} }`,
    }),
    files: { "body.txt": "from a file\n" },
    requests: [
      ...paths("/file", "/bytes", "/format?q", "/json", "/type", "/none"),
      { path: "/format", headers: [["content-type", "application/grpc"]] },
    ],
  },
  {
    title: "clusters come from a header, and one that is missing answers as told",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/default" }, route: { cluster_header: x-to } }
- { match: { prefix: "/404" }, route: { cluster_header: x-to, cluster_not_found_response_code: NOT_FOUND } }
- { match: { prefix: "/500" }, route: { cluster_header: x-to, cluster_not_found_response_code: INTERNAL_SERVER_ERROR } }`,
      clusters: staticCluster("other", ["{{upstream2}}"]),
    }),
    requests: [
      ...paths("/default", "/404", "/500"),
      { path: "/default", headers: [["x-to", "other"]] },
      { path: "/404", headers: [["x-to", "nowhere"]] },
    ],
    stats: ["http.main.no_cluster", "http.main.no_route"],
  },
];
