import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

/** A stream of its own to a management server that is not there. */
const stream = (type: string): string =>
  `{ resource_api_version: V3, initial_fetch_timeout: 0.1s, api_config_source: { api_type: ${type}, transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: dead } }] } }`;

const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";
const FILTERS = "type.googleapis.com/envoy.extensions.filters.http";

export const CONTROL_PLANE_STAT_CASES: readonly ConformanceCase[] = [
  {
    title: "each stream of configuration tells of its control plane where its subscription's other stats are",
    yaml: httpBootstrap({
      hcm: `rds: { route_config_name: routes, config_source: ${stream("GRPC")} }`,
      httpFilters: `
- name: found
  config_discovery: { config_source: ${stream("GRPC")}, type_urls: [${FILTERS.replace("type.googleapis.com/", "")}.cors.v3.Cors], default_config: { "@type": ${FILTERS}.cors.v3.Cors } }
- name: router
  typed_config: { "@type": ${FILTERS}.router.v3.Router }`,
      clusters: `
- name: ends
  type: EDS
  connect_timeout: 1s
  eds_cluster_config: { service_name: service, eds_config: ${stream("DELTA_GRPC")} }
- name: secure
  type: STATIC
  connect_timeout: 1s
  load_assignment: { cluster_name: secure, endpoints: [] }
  transport_socket:
    name: tls
    typed_config: { "@type": ${TLS}.UpstreamTlsContext, common_tls_context: { validation_context_sds_secret_config: { name: trust, sds_config: ${stream("GRPC")} } } }`,
      bootstrap: `dynamic_resources: { cds_config: ${stream("GRPC")}, lds_config: ${stream("DELTA_GRPC")} }
layered_runtime: { layers: [{ name: values, rtds_layer: { name: values, rtds_config: ${stream("GRPC")} } }] }`,
    }),
    observe: async ({ proxy }) => {
      const text = await proxy.admin("/stats?filter=control_plane");
      return text.split("\n").filter((line) => !line.includes("pending_requests") || line.endsWith(": 0"));
    },
  },
];
