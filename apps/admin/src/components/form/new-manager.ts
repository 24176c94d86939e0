const HCM_TYPE =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** Route configurations come from the control plane over the node's own stream. */
export const RDS_SOURCE = { ads: {}, resource_api_version: "V3" };

/** An HTTP connection manager that routes by RDS and has the router as its only filter. */
export function newManager(routeConfiguration = "") {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": HCM_TYPE,
      stat_prefix: "ingress_http",
      rds: { route_config_name: routeConfiguration, config_source: RDS_SOURCE },
      http_filters: [
        {
          name: "envoy.filters.http.router",
          typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
        },
      ],
    },
  };
}
