import { fileLog } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { askListeners, type ListenerParts, listenersBootstrap } from "../many-listeners.ts";

const ROUTES = `- { match: { path: "/direct" }, direct_response: { status: 403, body: { inline_string: 'no "way"' } } }
- { match: { path: "/bare" }, direct_response: { status: 429 } }
- { match: { path: "/bad" }, direct_response: { status: 400, body: { inline_string: bad } } }
- { match: { path: "/dead" }, route: { cluster: dead } }
- { match: { path: "/nowhere" }, route: { cluster: two, timeout: 0.2s } }
- { match: { path: "/slow" }, route: { cluster: one, timeout: 0.2s } }
- { match: { path: "/reset" }, route: { cluster: one } }
- { match: { path: "/ok" }, route: { cluster: one } }
- { match: { path: "/header" }, route: { cluster_header: x-cluster } }
- { match: { path: "/moved" }, redirect: { path_redirect: "/x" } }`;

const REQUESTS: CaseRequest[] = [
  { path: "/direct" },
  { path: "/direct", method: "HEAD" },
  { path: "/direct", headers: [["content-type", "application/grpc"]] },
  { path: "/bare", headers: [["x-who", "a"]] },
  { path: "/bad" },
  { path: "/dead" },
  { path: "/slow" },
  { path: "/reset" },
  { path: "/ok" },
  { path: "/header", headers: [["x-cluster", "none"]] },
  { path: "/moved" },
  { path: "/none" },
  {
    path: "/ok",
    headers: [
      ["upgrade", "x"],
      ["connection", "upgrade"],
    ],
  },
];

const MAPPED = `local_reply_config:
  mappers:
    - filter: { status_code_filter: { comparison: { op: EQ, value: { default_value: 403, runtime_key: k } } } }
      status_code: 401
      body: { inline_string: "denied: %REQ(:PATH)%" }
      headers_to_add:
        - { header: { key: x-reason, value: "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESP(:status)%" } }
        - { header: { key: x-empty, value: "%REQ(x-none)%" } }
    - filter: { response_flag_filter: { flags: [UF, UT] } }
      body_format_override:
        json_format: { code: "%RESPONSE_CODE%", body: "%LOCAL_REPLY_BODY%", flags: "%RESPONSE_FLAGS%" }
    - filter:
        and_filter:
          filters:
            - header_filter: { header: { name: x-who, present_match: true } }
            - status_code_filter: { comparison: { op: GE, value: { default_value: 400, runtime_key: k } } }
      status_code: 200
      body: { inline_string: "" }
      headers_to_add: [{ header: { key: content-type, value: text/x } }]
  body_format:
    text_format_source: { inline_string: "<%RESPONSE_CODE% %LOCAL_REPLY_BODY% %RESPONSE_CODE_DETAILS%>\\n" }
    content_type: text/html; charset=UTF-8`;

const LISTENERS: Readonly<Record<string, ListenerParts>> = {
  main: { routes: ROUTES },
  mapped: { routes: ROUTES, hcm: MAPPED },
  json: {
    routes: ROUTES,
    hcm: `local_reply_config: { body_format: { json_format: { code: '%RESPONSE_CODE%', text: '%LOCAL_REPLY_BODY%' } } }
access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% [%LOCAL_REPLY_BODY%]")}`,
  },
  status: { routes: ROUTES, hcm: "proxy_status_config: {}" },
  status_named: {
    routes: ROUTES,
    hcm: "proxy_status_config: { literal_proxy_name: gate, remove_details: true, set_recommended_response_code: true }",
  },
  status_node: {
    routes: ROUTES,
    hcm: "proxy_status_config: { use_node_id: true, remove_response_flags: true, remove_connection_termination_details: true }",
  },
  keeps: { routes: ROUTES, hcm: "stream_error_on_invalid_http_message: true" },
};

export const LOCAL_REPLY_CASES: readonly ConformanceCase[] = [
  {
    title: "the proxy's own replies are mapped, formatted and explained",
    yaml: listenersBootstrap(LISTENERS),
    reply: (request) => {
      if (request.target === "/slow") return { afterwards: "silent" };
      return request.target === "/reset" ? { octets: 0, afterwards: "reset" } : { body: "one" };
    },
    observe: async (target) => askListeners(target, Object.keys(LISTENERS), REQUESTS),
    accessLog: { file: "access.log", lines: REQUESTS.length },
  },
];
