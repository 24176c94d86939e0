import type { FuzzTarget } from "@sluice/harness";
import { loadBootstrap } from "./load-bootstrap.ts";
import { StartupError } from "./startup-error.ts";

const WHOLE = `
node: { id: n, cluster: c }
static_resources:
  listeners:
    - name: main
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: hcm
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: main
                route_config: { virtual_hosts: [{ name: a, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster: one, timeout: 1.5s } }] }] }
                http_filters: [{ name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]
  clusters:
    - name: one
      connect_timeout: 1s
      load_assignment: { cluster_name: one, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: ::1, port_value: 80 } } } }] }] }
`;

/** Any text is a configuration or refused by a StartupError. */
export const loadBootstrapFuzz: FuzzTarget = {
  name: "YAML to bootstrap",
  corpus: [
    Buffer.from(WHOLE),
    Buffer.from("node: { id: n }\n"),
    Buffer.from('{"node": {"id": "n"}, "admin": {}}'),
  ],
  dictionary: [
    ...[
      "&a ",
      "*a",
      "<<: *a\n",
      "!ignore ",
      "!!binary ",
      "null",
      "~",
      "[",
      "]",
      "{",
      "}",
      "- ",
      ": ",
      "\n  ",
      "|\n",
      ">-\n",
    ],
    ...[
      "'",
      '"',
      "%TAG",
      "---\n",
      "...\n",
      "# ",
      "1e999",
      "-0",
      "0x7f",
      "99999999999s",
      "1.5s",
      "\ufeff",
      "\0",
      "__proto__: 1\n",
    ],
    '"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster\n',
    '"@type": nothing',
    "safe_regex: { regex: '((a+)+)+$' }",
    "a: &a [*a, *a]\n",
  ].map((text) => Buffer.from(text)),
  run(input) {
    try {
      loadBootstrap({ configPath: undefined, configYaml: input.toString("utf8") });
      return "taken";
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      return error.message.replaceAll(/\d+/g, "").slice(0, 60);
    }
  },
};
