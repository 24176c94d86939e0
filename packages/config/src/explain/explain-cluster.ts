import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Address } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import { HealthStatus } from "@sluice/xds/gen/envoy/config/core/v3/health_check_pb.js";
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { CONTROL_CLUSTER } from "../contract.ts";
import type { ExplainedCluster, ExplainedEndpoint, Place, Reason } from "./explanation.ts";
import type { ExplainSource } from "./read-source.ts";

const SHOWN_ENDPOINTS = 100;

export interface ClusterShare {
  readonly name: string;
  /** 0 to 100. */
  readonly percent: number;
  /** What names it. */
  readonly from: Place;
}

/** The clusters with their endpoints; what is missing goes to `problems`. */
export async function explainClusters(
  source: ExplainSource,
  shares: readonly ClusterShare[],
  problems: Reason[],
): Promise<readonly ExplainedCluster[]> {
  const clusters = await source.read(ClusterSchema, "clusters", [...new Set(shares.map(({ name }) => name))]);
  const assignments = await source.read(
    ClusterLoadAssignmentSchema,
    "endpoints",
    [...clusters.values()].flatMap((cluster) => (cluster === undefined ? [] : (edsName(cluster) ?? []))),
  );
  return shares.map(({ name, percent, from }) => {
    const cluster = clusters.get(name);
    if (cluster === undefined) {
      const message = clusters.has(name)
        ? `the text of cluster '${name}' does not parse`
        : `no cluster '${name}'`;
      if (name !== CONTROL_CLUSTER) problems.push({ message, at: from });
      return { ...MISSING, name, percent };
    }
    const at: Place = { kind: "clusters", name, path: "" };
    const service = edsName(cluster);
    const assignment = service === undefined ? cluster.loadAssignment : assignments.get(service);
    const endpointsAt: Place =
      service === undefined
        ? { ...at, path: "load_assignment" }
        : { kind: "endpoints", name: service, path: "" };
    if (service !== undefined && assignment === undefined)
      problems.push({ message: `no endpoints '${service}', which EDS is asked for`, at });
    const endpoints = assignment === undefined ? [] : endpointsOf(assignment);
    if (assignment !== undefined && endpoints.length === 0 && !isDynamic(cluster))
      problems.push({ message: `cluster '${name}' has no endpoint`, at: endpointsAt });
    return {
      name,
      percent,
      at,
      discovery: discoveryOf(cluster),
      lbPolicy:
        cluster.loadBalancingPolicy?.policies[0]?.typedExtensionConfig?.name ??
        Cluster_LbPolicy[cluster.lbPolicy],
      endpointsAt: assignment === undefined ? undefined : endpointsAt,
      endpoints: endpoints.slice(0, SHOWN_ENDPOINTS),
      moreEndpoints: Math.max(0, endpoints.length - SHOWN_ENDPOINTS),
    };
  });
}

const MISSING = {
  at: undefined,
  discovery: "",
  lbPolicy: "",
  endpointsAt: undefined,
  endpoints: [],
  moreEndpoints: 0,
} as const;

function edsName(cluster: Cluster): string | undefined {
  const type = cluster.clusterDiscoveryType;
  if (type.case !== "type" || type.value !== Cluster_DiscoveryType.EDS) return undefined;
  return cluster.edsClusterConfig?.serviceName || cluster.name;
}

/** Its endpoints are found by the request or the connection. */
function isDynamic(cluster: Cluster): boolean {
  const type = cluster.clusterDiscoveryType;
  return type.case === "clusterType" || type.value === Cluster_DiscoveryType.ORIGINAL_DST;
}

function discoveryOf({ clusterDiscoveryType: type }: Cluster): string {
  return type.case === "clusterType"
    ? type.value.name
    : Cluster_DiscoveryType[type.value ?? Cluster_DiscoveryType.STATIC];
}

/** In the order in which they are tried: by priority. */
function endpointsOf(assignment: ClusterLoadAssignment): readonly ExplainedEndpoint[] {
  return assignment.endpoints
    .flatMap(({ locality, priority, lbEndpoints }) =>
      lbEndpoints.map((endpoint) => ({
        address:
          endpoint.hostIdentifier.case === "endpoint"
            ? addressText(endpoint.hostIdentifier.value.address)
            : (endpoint.hostIdentifier.value ?? ""),
        priority,
        locality: [locality?.region, locality?.zone, locality?.subZone].filter(Boolean).join("/"),
        weight: endpoint.loadBalancingWeight ?? 1,
        health: HealthStatus[endpoint.healthStatus],
      })),
    )
    .toSorted((a, b) => a.priority - b.priority);
}

function addressText(address: Address | undefined): string {
  const bound = address?.address;
  if (bound?.case === "pipe") return bound.value.path;
  if (bound?.case !== "socketAddress") return "";
  const { address: ip, portSpecifier } = bound.value;
  const port = portSpecifier.value ?? "";
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
