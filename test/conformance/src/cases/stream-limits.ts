import { connectRaw, requestBytes } from "@sluice/harness";
import { fileLog } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { askListeners, type ListenerParts, listenersBootstrap } from "../many-listeners.ts";
import { seenResponse } from "../normalize.ts";

const FORMAT =
  "%ACCESS_LOG_TYPE% %REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %ROUTE_NAME%";
const log = (options: string, filter = ""): string =>
  `access_log: ${fileLog(FORMAT, "access.log", filter)}\n${options}`;

const ROUTES = `- { name: slow, match: { path: "/slow" }, route: { cluster: one } }
- { name: all, match: { prefix: "/" }, route: { cluster: one } }`;

const LISTENERS: Readonly<Record<string, ListenerParts>> = {
  main: {
    routes: ROUTES,
    hcm: `common_http_protocol_options: { max_stream_duration: 0.3s }\n${log(
      "access_log_options: { flush_access_log_on_new_request: true }",
      "{ log_type_filter: { types: [DownstreamEnd] } }",
    )}`,
  },
  begins: {
    routes: ROUTES,
    hcm: log("access_log_options: { flush_access_log_on_new_request: true }"),
  },
  periodic: {
    routes: ROUTES,
    hcm: `common_http_protocol_options: { max_stream_duration: 0.5s }\n${log(
      "access_log_options: { access_log_flush_interval: 0.3s }",
      "{ log_type_filter: { types: [DownstreamEnd], exclude: true } }",
    )}`,
  },
  tries: {
    routes: `- { name: slow, match: { path: "/slow" }, route: { cluster: one, timeout: 0.5s } }`,
    router: `upstream_log_options: { upstream_log_flush_interval: 0.3s }, upstream_log: ${fileLog("%ACCESS_LOG_TYPE% %REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS%")}`,
  },
  metadata: {
    routes: ROUTES,
    hcm: log(
      "",
      "{ or_filter: { filters: [{ metadata_filter: { matcher: { filter: f, path: [{ key: k }], value: { present_match: true } }, match_if_key_not_found: false } }, { metadata_filter: { matcher: { filter: f, path: [{ key: k }], value: { string_match: { exact: x } } } } }] } }",
    ),
  },
  tunnel: {
    routes: ROUTES,
    hcm: `upgrade_configs: [{ upgrade_type: websocket }]\n${log("access_log_options: { flush_log_on_tunnel_successfully_established: true }")}`,
  },
  optional: { routes: ROUTES, httpFilters: "" },
};

const REQUESTS: CaseRequest[] = [{ path: "/fast" }, { path: "/slow" }];

export const STREAM_LIMIT_CASES: readonly ConformanceCase[] = [
  {
    title: "streams may last so long, and are logged at their start, in between and at their end",
    yaml: listenersBootstrap(LISTENERS),
    reply: (request) => {
      if (request.target === "/slow") return { afterwards: "silent" };
      if (request.target === "/ws") return { octets: 0, afterwards: "reset" };
      return { body: "one" };
    },
    observe: async (target) => {
      const seen = {
        main: await askListeners(target, ["main", "periodic"], REQUESTS),
        tries: await askListeners(target, ["tries"], [{ path: "/slow" }]),
        fast: await askListeners(target, ["begins", "metadata", "optional"], [{ path: "/fast" }]),
      };
      const connection = await connectRaw(await target.proxy.listenerPort("tunnel"));
      connection.write(
        requestBytes({
          path: "/ws",
          headers: [
            ["host", "a"],
            ["upgrade", "websocket"],
            ["connection", "upgrade"],
          ],
        }),
      );
      const upgraded = seenResponse(await connection.response());
      connection.destroy();
      return { ...seen, upgraded };
    },
    accessLog: { file: "access.log", lines: 9 },
    stats: [
      "http.main.downstream_rq_max_duration_reached",
      "http.main.tracing.not_traceable",
      "http.main.downstream_rq_timeout",
      "http.main.rs_too_large",
      "http.main.downstream_cx_ssl_total",
      "http.periodic.downstream_rq_completed",
    ],
  },
];
