import { ClusterLoadAssignmentSchema } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { HostSpec } from "../cluster/cluster-config.ts";
import { healthOfFlags } from "../cluster/health/health-flag.ts";
import type { ManagedCluster } from "../cluster/managed-cluster.ts";
import type { Server } from "../server/server.ts";
import { addressJson } from "./address-json.ts";
import { ADMIN, filled, type Section, typed } from "./config-dump-section.ts";

/** envoy.admin.v3.EndpointsConfigDump: the hosts that every cluster has now, wherever they are from. */
export function endpointsSection(server: Server, filter: (name: string) => boolean): Section {
  const clusters = [...server.clusters.list().active].sort((a, b) =>
    a.config.name < b.config.name ? -1 : 1,
  );
  const of = (source: ManagedCluster["source"]): readonly Section[] =>
    clusters
      .filter((cluster) => cluster.source === source && filter(assignmentName(cluster)))
      .map((cluster) => ({ endpoint_config: assignment(cluster) }));
  return filled({
    "@type": `${ADMIN}EndpointsConfigDump`,
    static_endpoint_configs: of("static"),
    dynamic_endpoint_configs: of("dynamic"),
  });
}

/** The same message with what was configured or came by EDS, for whoever compares it with that. */
export function receivedEndpointsSection(server: Server, filter: (name: string) => boolean): Section {
  return filled({
    "@type": `${ADMIN}EndpointsConfigDump`,
    static_endpoint_configs: server.clusters.list().active.flatMap(({ message }) => {
      const { loadAssignment } = message;
      return loadAssignment === undefined || !filter(message.name)
        ? []
        : [{ endpoint_config: typed(ClusterLoadAssignmentSchema, loadAssignment) }];
    }),
    dynamic_endpoint_configs: server.endpoints
      .list()
      .filter(({ assignment: { clusterName } }) => filter(clusterName))
      .map(({ assignment: received, version }) => ({
        version_info: version,
        endpoint_config: typed(ClusterLoadAssignmentSchema, received),
      })),
  });
}

function assignmentName({ config }: ManagedCluster): string {
  const { discovery } = config;
  return discovery.kind === "eds" && discovery.serviceName !== "" ? discovery.serviceName : config.name;
}

function assignment(cluster: ManagedCluster): Section {
  const { dropPerMillion, overprovisioningFactor } = cluster.assignmentPolicy;
  const dropped = { denominator: "MILLION", numerator: dropPerMillion };
  return filled({
    "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    cluster_name: assignmentName(cluster),
    endpoints: localities(cluster.hosts).map((hosts) => locality(hosts)),
    policy: {
      ...(dropPerMillion > 0
        ? { drop_overloads: [{ category: "drop_overload", drop_percentage: dropped }] }
        : {}),
      overprovisioning_factor: overprovisioningFactor,
    },
  });
}

/** Hosts of the same priority and locality, in the order in which each comes first. */
function localities(hosts: readonly HostSpec[]): readonly (readonly HostSpec[])[] {
  const groups = new Map<string, HostSpec[]>();
  for (const host of hosts) {
    const key = JSON.stringify([host.priority, host.region, host.zone, host.subZone]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [host]);
    else group.push(host);
  }
  return [...groups.values()].sort((a, b) => (a[0]?.priority ?? 0) - (b[0]?.priority ?? 0));
}

function locality(hosts: readonly HostSpec[]): Section {
  const { region = "", zone = "", subZone = "", priority = 0, localityWeight = 0 } = hosts[0] ?? {};
  return {
    locality: {
      ...(region === "" ? {} : { region }),
      ...(zone === "" ? {} : { zone }),
      ...(subZone === "" ? {} : { sub_zone: subZone }),
    },
    lb_endpoints: hosts.map(endpoint),
    load_balancing_weight: localityWeight,
    ...(priority === 0 ? {} : { priority }),
  };
}

function endpoint(host: HostSpec): Section {
  const { hostname, healthCheck, metadata } = host;
  const check = {
    ...(healthCheck === undefined || healthCheck.port === 0 ? {} : { port_value: healthCheck.port }),
    ...(healthCheck === undefined || healthCheck.hostname === "" ? {} : { hostname: healthCheck.hostname }),
  };
  return {
    endpoint: {
      address: addressJson(host.address),
      health_check_config: check,
      ...(hostname === "" ? {} : { hostname }),
    },
    health_status: healthOfFlags(host.flags ?? 0).toUpperCase(),
    ...(metadata === undefined ? {} : { metadata: { filter_metadata: metadata } }),
    load_balancing_weight: host.weight,
  };
}
