import { fromBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Address } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import type { ClusterLoadAssignment } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type {
  Route,
  RouteMatch,
  VirtualHost,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { HttpConnectionManagerSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { TcpProxySchema } from "@sluice/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type {
  TopologyCluster,
  TopologyConfiguration,
  TopologyListener,
  TopologyRoute,
  TopologyVirtualHost,
} from "../contract.ts";
import { envoyStatName, routeStatPrefix } from "./stat-names.ts";

/** Envoy's messages of one configuration, as the nodes get it or as it was published: the graph is the same. */
export interface ConfigurationMessages {
  readonly listeners: readonly Listener[];
  readonly routes: readonly RouteConfiguration[];
  readonly clusters: readonly Cluster[];
  readonly endpoints: readonly ClusterLoadAssignment[];
}

/** What the graph needs to know of a configuration. Filters it cannot read are passed over: the graph shows what it knows. */
export function topologyConfigurationOf(messages: ConfigurationMessages): TopologyConfiguration {
  const inline: RouteConfiguration[] = [];
  const listeners = messages.listeners.map((listener) => describeListener(listener, inline));
  return {
    listeners,
    virtualHosts: [...messages.routes, ...inline].flatMap((routes) =>
      routes.virtualHosts.map((host) => describeHost(routes.name, host)),
    ),
    clusters: messages.clusters.map((cluster) => describeCluster(cluster, messages.endpoints)),
  };
}

function describeListener(listener: Listener, inline: RouteConfiguration[]): TopologyListener {
  const routeConfigurations = new Set<string>();
  const httpPrefixes = new Set<string>();
  const clusters = new Set<string>();
  const chains = [
    ...listener.filterChains,
    ...(listener.defaultFilterChain === undefined ? [] : [listener.defaultFilterChain]),
  ];
  for (const filter of chains.flatMap(({ filters }) => filters)) {
    if (filter.configType.case !== "typedConfig") continue;
    const any = filter.configType.value;
    if (isOf(any, HttpConnectionManagerSchema.typeName)) {
      const { routeSpecifier, statPrefix } = fromBinary(HttpConnectionManagerSchema, any.value);
      httpPrefixes.add(envoyStatName(statPrefix));
      if (routeSpecifier.case === "rds") routeConfigurations.add(routeSpecifier.value.routeConfigName);
      if (routeSpecifier.case === "routeConfig") {
        const name =
          routeSpecifier.value.name === "" ? `${listener.name} (inline)` : routeSpecifier.value.name;
        routeConfigurations.add(name);
        inline.push({ ...routeSpecifier.value, name });
      }
    } else if (isOf(any, TcpProxySchema.typeName)) {
      const { clusterSpecifier } = fromBinary(TcpProxySchema, any.value);
      if (clusterSpecifier.case === "cluster") clusters.add(clusterSpecifier.value);
      if (clusterSpecifier.case === "weightedClusters") {
        for (const { name } of clusterSpecifier.value.clusters) clusters.add(name);
      }
    }
  }
  const address = addressText(listener.address);
  return {
    name: listener.name,
    address,
    statName: envoyStatName(listener.statPrefix === "" ? address : listener.statPrefix),
    httpPrefixes: [...httpPrefixes],
    routeConfigurations: [...routeConfigurations],
    clusters: [...clusters],
  };
}

function isOf(any: Any, typeName: string): boolean {
  return any.typeUrl.endsWith(`/${typeName}`);
}

function describeHost(routeConfiguration: string, host: VirtualHost): TopologyVirtualHost {
  return {
    routeConfiguration,
    name: host.name,
    domains: host.domains,
    routes: host.routes.map((route, index) => describeRoute(route, index)),
  };
}

function describeRoute(route: Route, index: number): TopologyRoute {
  return {
    statPrefix: route.statPrefix === "" ? routeStatPrefix(route.name, index) : route.statPrefix,
    label: route.name === "" ? describeMatch(route.match) : `${route.name}: ${describeMatch(route.match)}`,
    clusters: clustersOf(route),
  };
}

function clustersOf(route: Route): TopologyRoute["clusters"] {
  if (route.action.case !== "route") return [];
  const { clusterSpecifier } = route.action.value;
  if (clusterSpecifier.case === "cluster") return [{ name: clusterSpecifier.value, share: 1 }];
  if (clusterSpecifier.case !== "weightedClusters") return [];
  const { clusters } = clusterSpecifier.value;
  const total = clusters.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  return clusters.map(({ name, weight }) => ({ name, share: total === 0 ? 0 : (weight ?? 0) / total }));
}

function describeMatch(match: RouteMatch | undefined): string {
  const path = match?.pathSpecifier;
  switch (path?.case) {
    case "prefix":
      return `${path.value}*`;
    case "path":
      return `= ${path.value}`;
    case "pathSeparatedPrefix":
      return `${path.value}/*`;
    case "safeRegex":
      return `~ ${path.value.regex}`;
    case "connectMatcher":
      return "CONNECT";
    case "pathMatchPolicy":
      return path.value.name;
    default:
      return "*";
  }
}

function describeCluster(cluster: Cluster, served: readonly ClusterLoadAssignment[]): TopologyCluster {
  const edsName = cluster.edsClusterConfig?.serviceName ?? "";
  const name = edsName === "" ? cluster.name : edsName;
  const assignments = [
    ...(cluster.loadAssignment === undefined ? [] : [cluster.loadAssignment]),
    ...served.filter(({ clusterName }) => clusterName === name),
  ];
  const endpoints = assignments
    .flatMap((assignment) => assignment.endpoints.flatMap(({ lbEndpoints }) => lbEndpoints))
    .flatMap(({ hostIdentifier }) =>
      hostIdentifier.case === "endpoint" ? [addressText(hostIdentifier.value.address)] : [],
    );
  const statName = envoyStatName(cluster.altStatName === "" ? cluster.name : cluster.altStatName);
  return {
    name: cluster.name,
    statName,
    endpoints: [...new Set(endpoints)].filter((endpoint) => endpoint !== ""),
  };
}

/** `10.0.0.1:80`, `[::1]:80`, `/run/x.sock`. */
export function addressText(address: Address | undefined): string {
  if (address?.address.case === "pipe") return address.address.value.path;
  if (address?.address.case !== "socketAddress") return "";
  const { address: host, portSpecifier } = address.address.value;
  const port = portSpecifier.case === "portValue" ? portSpecifier.value : (portSpecifier.value ?? 0);
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
