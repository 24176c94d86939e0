import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "@sluice/harness";
import type { ConformanceCase } from "../conformance-case.ts";

const HCM =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const file = (name: string): string =>
  `{ path_config_source: { path: "{{dir}}/${name}" }, resource_api_version: V3 }`;

const listeners = `
version_info: "1"
resources:
- "@type": type.googleapis.com/envoy.config.listener.v3.Listener
  name: main
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  filter_chains:
  - filters:
    - name: hcm
      typed_config:
        "@type": ${HCM}
        stat_prefix: main
        rds: { route_config_name: routes, config_source: ${file("rds.json")} }
        http_filters:
        - { name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }
`;

const clusters = (version: string, timeout: string): string => `
version_info: "${version}"
resources:
- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: one
  connect_timeout: ${timeout}
  type: EDS
  eds_cluster_config: { eds_config: ${file("eds.yaml")} }
`;

const endpoints = `
resources:
- "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
  cluster_name: one
  endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } } }] }]
`;

const routes = (status: number): string =>
  JSON.stringify({
    version_info: String(status),
    resources: [
      {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        name: "routes",
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [
              {
                match: { path: "/status", runtime_fraction: { default_value: {}, runtime_key: "on" } },
                direct_response: { status: status + 20 },
              },
              { match: { path: "/status" }, direct_response: { status } },
              { match: { prefix: "/" }, route: { cluster: "one" } },
            ],
          },
        ],
      },
    ],
  });

const runtime = (on: string, name = "layer"): string => `
version_info: "1"
resources:
- { "@type": type.googleapis.com/envoy.service.runtime.v3.Runtime, name: ${name}, layer: { on: ${on} } }
`;

export const XDS_FILE_CASES: readonly ConformanceCase[] = [
  {
    title: "everything dynamic comes from files, and a bad file leaves the old one in force",
    yaml: `
node: { id: node, cluster: nodes }
layered_runtime:
  layers:
  - { name: base, static_layer: { on: 0 } }
  - { name: found, rtds_layer: { name: layer, rtds_config: ${file("rtds.yaml")} } }
dynamic_resources: { lds_config: ${file("lds.yaml")}, cds_config: ${file("cds.yaml")} }
`,
    files: {
      "lds.yaml": listeners,
      "cds.yaml": clusters("1", "1s"),
      "rtds.yaml": runtime("0"),
      "eds.yaml": endpoints,
      "rds.json": routes(201),
    },
    requests: [{ path: "/" }, { path: "/status" }],
    observe: async ({ proxy, send, upstream }) => {
      const put = async (name: string, text: string): Promise<void> => {
        await writeFile(join(proxy.dir, "next"), text.replaceAll("{{dir}}", proxy.dir));
        await rename(join(proxy.dir, "next"), join(proxy.dir, name));
      };
      const until = async (stat: string, value: number): Promise<void> => {
        await waitFor(stat, async () => (await proxy.stats(stat)).get(stat) === value);
      };
      await put("rds.json", "{ broken");
      await until("http.main.rds.routes.update_failure", 1);
      await put("cds.yaml", clusters("2", "-1s"));
      await until("cluster_manager.cds.update_rejected", 1);
      await put("lds.yaml", "resources: 7");
      await until("listener_manager.lds.update_failure", 1);
      const kept = [(await send({ path: "/status" })).status, (await send({ path: "/" })).body];
      await put("rds.json", routes(202));
      await until("http.main.rds.routes.config_reload", 2);
      await put("cds.yaml", clusters("3", "2s"));
      await until("cluster_manager.cds.update_success", 2);
      const changed = [(await send({ path: "/status" })).status, (await send({ path: "/" })).body];
      await put("rtds.yaml", runtime("100"));
      await until("runtime.update_success", 2);
      const switched = await waitFor("the runtime", async () => {
        const { status } = await send({ path: "/status" });
        return status === 222 ? status : undefined;
      });
      await put("rtds.yaml", runtime("0", "other"));
      await until("runtime.update_rejected", 1);
      const still = (await send({ path: "/status" })).status;
      upstream.clear();
      return { kept, changed, switched, still };
    },
    stats: [
      "http.main.rds.routes.update_attempt",
      "http.main.rds.routes.update_success",
      "http.main.rds.routes.update_rejected",
      "http.main.rds.routes.config_reload",
      "listener_manager.lds.update_attempt",
      "listener_manager.lds.update_success",
      "listener_manager.lds.update_rejected",
      "cluster_manager.cds.update_attempt",
      "cluster_manager.cds.update_success",
      "cluster_manager.cds.update_failure",
      "cluster_manager.cluster_modified",
      "listener_manager.listener_added",
      "runtime.update_attempt",
      "runtime.num_layers",
      "runtime.num_keys",
    ],
  },
];
