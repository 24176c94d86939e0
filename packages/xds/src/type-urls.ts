/** Type URLs of the resources that xDS carries. */
export const TYPE_URLS = {
  listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
  route: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  scopedRoute: "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
  virtualHost: "type.googleapis.com/envoy.config.route.v3.VirtualHost",
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  endpoint: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  secret: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
  runtime: "type.googleapis.com/envoy.service.runtime.v3.Runtime",
  extensionConfig: "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
} as const;

/**
 * Types whose state-of-the-world response is the whole set: what is missing in it is removed, and a first request without
 * names means all (xDS protocol, "How the client specifies what resources to return").
 */
export const WHOLE_SET_TYPES: ReadonlySet<string> = new Set([
  TYPE_URLS.listener,
  TYPE_URLS.cluster,
  TYPE_URLS.scopedRoute,
]);

/** The name that stands for all resources of a type. */
export const WILDCARD = "*";
