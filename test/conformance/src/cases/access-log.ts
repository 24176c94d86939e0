import { httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { exchange } from "../exchange.ts";

const ROUTES = `- { name: ok, match: { path: "/ok" }, route: { cluster: one } }
- { name: dead, match: { path: "/dead" }, route: { cluster: dead } }
- { match: { path: "/slow" }, route: { cluster: one, timeout: 0.2s } }
- { match: { path: "/reset" }, route: { cluster: one } }
- { match: { path: "/direct" }, direct_response: { status: 418 } }
- { match: { path: "/moved" }, redirect: { path_redirect: "/x" } }`;

const REQUESTS: CaseRequest[] = [
  {
    path: "/ok?q=1",
    headers: [
      ["user-agent", "ua"],
      ["x-forwarded-for", "1.2.3.4"],
    ],
  },
  { path: "/ok", method: "POST", body: "12345" },
  { path: "/dead" },
  { path: "/slow" },
  { path: "/reset" },
  { path: "/direct" },
  { path: "/moved" },
  { path: "/none" },
];

const reply: ConformanceCase["reply"] = (request) => {
  if (request.target === "/slow") return { afterwards: "silent" };
  return request.target === "/reset" ? { octets: 0, afterwards: "reset" } : { body: "one" };
};

function logging(format: string): string {
  return `access_log:
  - name: envoy.access_loggers.file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
${format}`;
}

const TEXT = [
  "%PROTOCOL% %REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %REQ(:AUTHORITY)%",
  "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %CONNECTION_TERMINATION_DETAILS%",
  "%BYTES_RECEIVED% %BYTES_SENT% ms=%DURATION%",
  "%UPSTREAM_CLUSTER% %ROUTE_NAME% %VIRTUAL_CLUSTER_NAME% %UPSTREAM_TRANSPORT_FAILURE_REASON%",
  "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_HOST%",
  "%REQ(USER-AGENT)% %REQ(X-NONE):5% %RESP(SERVER)% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %START_TIME%",
].join(" | ");

export const ACCESS_LOG_CASES: readonly ConformanceCase[] = [
  {
    title: "access log lines tell what happened in Envoy's words",
    yaml: httpBootstrap({
      routes: ROUTES,
      hcm: logging(`      log_format: { text_format_source: { inline_string: "${TEXT}\\n" } }`),
    }),
    reply,
    requests: REQUESTS,
    observe: async (target) => {
      const bad = await exchange(target, "GET / HTTP/1.1\r\nhost: a\r\nbad header: 1\r\n\r\n");
      return bad.responses.map(({ status }) => status);
    },
    accessLog: { file: "access.log", lines: 9 },
  },
  {
    title: "the default access log format",
    yaml: httpBootstrap({ hcm: logging("") }),
    requests: [
      {
        path: "/",
        headers: [
          ["x-request-id", "id"],
          ["user-agent", "ua"],
        ],
      },
    ],
    accessLog: { file: "access.log", lines: 1 },
  },
  {
    title: "access logs as JSON keep the types of their values",
    yaml: httpBootstrap({
      routes: ROUTES,
      hcm: logging(
        `      log_format: { json_format: { code: "%RESPONSE_CODE%", path: "%REQ(:PATH)%", text: "code %RESPONSE_CODE%", none: "%REQ(X-NONE)%", nested: { sent: "%BYTES_SENT%" }, flags: "%RESPONSE_FLAGS%" } }`,
      ),
    }),
    reply,
    requests: REQUESTS.filter(({ path }) => path !== "/slow"),
    accessLog: { file: "access.log", lines: 7 },
  },
  {
    title: "access logs can be filtered by status",
    yaml: httpBootstrap({
      routes: ROUTES,
      hcm: logging(
        `      log_format: { text_format_source: { inline_string: "%RESPONSE_CODE% %REQ(:PATH)%\\n" } }
    filter: { status_code_filter: { comparison: { op: GE, value: { default_value: 400, runtime_key: none } } } }`,
      ),
    }),
    reply,
    requests: REQUESTS.filter(({ path }) => path !== "/slow"),
    accessLog: { file: "access.log", lines: 4 },
  },
];
