import { waitFor } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

/** What a check's header says, by its name; whatever has no value prints nothing between the brackets. */
const VALUES: Readonly<Record<string, string>> = {
  host: "%UPSTREAM_HOST%",
  name: "[%UPSTREAM_HOST_NAME%]",
  metadata: "%UPSTREAM_METADATA(own:tier)%",
  other: "%METADATA(UPSTREAM_HOST:own:list)%",
  cluster: "[%UPSTREAM_CLUSTER%]",
  remote: "[%UPSTREAM_REMOTE_ADDRESS%]",
  attempts: "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
  client: "%DOWNSTREAM_REMOTE_ADDRESS%",
  local: "%DOWNSTREAM_LOCAL_ADDRESS%",
  connection: "%CONNECTION_ID%",
  protocol: "%PROTOCOL%",
  code: "%RESPONSE_CODE%",
  details: "[%RESPONSE_CODE_DETAILS%]",
  flags: "%RESPONSE_FLAGS%",
  bytes: "%BYTES_SENT%",
  duration: "[%DURATION%]",
  request: "[%REQ(:PATH)%]",
  route: "[%ROUTE_NAME%]",
  dynamic: "[%DYNAMIC_METADATA(own:tier)%]",
  century: "%START_TIME(20)%",
  percent: "50%%",
};

const added = [
  ...Object.entries(VALUES).map(([name, value]) => `{ header: { key: x-${name}, value: "${value}" } }`),
  `{ header: { key: x-left-out, value: "%REQ(x-none)%" } }`,
  `{ header: { key: x-kept, value: "%REQ(x-none)%" }, keep_empty_value: true }`,
  `{ header: { key: user-agent, value: "%PROTOCOL%" }, append_action: OVERWRITE_IF_EXISTS }`,
  `{ header: { key: x-protocol, value: "again" }, append_action: ADD_IF_ABSENT }`,
].join(", ");

export const HEALTH_CHECK_HEADER_CASES: readonly ConformanceCase[] = [
  {
    title: "headers of health checks tell of the host, the protocol and the time",
    yaml: httpBootstrap({
      clusters: `
- name: checked
  type: STATIC
  connect_timeout: 1s
  load_assignment:
    cluster_name: checked
    endpoints:
    - lb_endpoints:
      - endpoint: { hostname: shop.test, address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } }
        metadata: { filter_metadata: { own: { tier: gold, list: [1, a] } } }
  health_checks:
  - { timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: { path: /hc, request_headers_to_add: [${added}] } }`,
    }),
    ignoreUpstream: true,
    observe: async ({ upstream }) => {
      const check = await waitFor("a check", () => upstream.requests.find(({ target }) => target === "/hc"));
      return check.fields;
    },
  },
];
