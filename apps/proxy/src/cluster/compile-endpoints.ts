import { isIP } from "node:net";
import type { Compiled, Problem } from "@sluice/extension-api";
import type { Address } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import { HealthStatus } from "@sluice/xds/gen/envoy/config/core/v3/health_check_pb.js";
import type {
  Endpoint,
  Endpoint_HealthCheckConfig,
  LocalityLbEndpoints,
} from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_components_pb.js";
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { type AssignmentPolicy, DEFAULT_ASSIGNMENT_POLICY, localityKey } from "../load-balancer/host-set.ts";
import type { EndpointHealthCheck, HostSpec } from "./cluster-config.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";
import { printAddress } from "./print-address.ts";

/** Room for the path of a local socket, with its end. */
const LOCAL_PATH_BYTES = 108;

/** An endpoint of a load assignment; its address may still be a name. */
export type EndpointSpec = Omit<HostSpec, "page" | "key">;

export interface LoadAssignment {
  readonly endpoints: readonly EndpointSpec[];
  readonly policy: AssignmentPolicy;
  /** `endpoint_stale_after`; 0: never. */
  readonly staleAfterMs: number;
}

export const EMPTY_ASSIGNMENT: LoadAssignment = {
  endpoints: [],
  policy: DEFAULT_ASSIGNMENT_POLICY,
  staleAfterMs: 0,
};

/** Reads a load assignment. With `names`, addresses may be DNS names; otherwise they must be IP addresses or pipes. */
export function compileEndpoints(
  assignment: ClusterLoadAssignment | undefined,
  names: boolean,
  path: string,
): Compiled<LoadAssignment> {
  if (assignment === undefined) return { ok: true, value: EMPTY_ASSIGNMENT };
  const problems: Problem[] = refuseUnsupportedFields(
    ClusterLoadAssignmentSchema,
    assignment,
    CLUSTER_SUPPORTED_FIELDS,
    path,
  );
  const endpoints: EndpointSpec[] = [];
  const weights = localityWeights(assignment);
  const prefix = path === "" ? "" : `${path}.`;
  assignment.endpoints.forEach((locality, outer) => {
    locality.lbEndpoints.forEach((entry, inner) => {
      const at = `${prefix}endpoints[${outer}].lb_endpoints[${inner}]`;
      const named = entry.hostIdentifier.case === "endpointName" ? entry.hostIdentifier.value : undefined;
      if (named !== undefined && assignment.namedEndpoints[named] === undefined) {
        const message = `there is no '${named}' in named_endpoints`;
        problems.push({ path: `${at}.endpoint_name`, message, severity: "error" });
        return;
      }
      const endpoint =
        named !== undefined
          ? assignment.namedEndpoints[named]
          : entry.hostIdentifier.case === "endpoint"
            ? entry.hostIdentifier.value
            : undefined;
      const address = endpointAddress(endpoint?.address, names);
      if (typeof address === "string") {
        problems.push({ path: `${at}.endpoint.address`, message: address, severity: "error" });
        return;
      }
      const checked = checkAddressProblem(endpoint, address.connectTo);
      if (checked !== undefined) {
        problems.push({ path: `${at}.endpoint.health_check_config`, message: checked, severity: "error" });
        return;
      }
      const others = additionalAddresses(endpoint, address.connectTo);
      if (typeof others === "string") {
        problems.push({ path: `${at}.endpoint.additional_addresses`, message: others, severity: "error" });
        return;
      }
      endpoints.push({
        ...address,
        connectTo: others.length === 0 ? address.connectTo : { ...address.connectTo, others },
        hostname:
          endpoint?.hostname !== undefined && endpoint.hostname !== "" ? endpoint.hostname : address.hostname,
        ...(endpoint === undefined || endpoint.observabilityName === ""
          ? {}
          : { observabilityName: endpoint.observabilityName }),
        weight: entry.loadBalancingWeight ?? 1,
        priority: locality.priority,
        region: locality.locality?.region ?? "",
        zone: locality.locality?.zone ?? "",
        subZone: locality.locality?.subZone ?? "",
        localityWeight: weights.get(placeOf(locality)) ?? 0,
        metadata: entry.metadata?.filterMetadata,
        ...(locality.metadata === undefined ? {} : { localityMetadata: locality.metadata.filterMetadata }),
        health: healthOf(entry.healthStatus),
        excluded: false,
        ...(endpoint?.healthCheckConfig === undefined
          ? {}
          : { healthCheck: endpointHealthCheck(endpoint.healthCheckConfig) }),
        edsHealth:
          HealthStatus[entry.healthStatus] === "UNKNOWN"
            ? "HEALTHY"
            : (HealthStatus[entry.healthStatus] ?? ""),
      });
    });
  });
  const policy = assignmentPolicy(assignment, prefix, problems);
  const staleAfterMs = durationMs(assignment.policy?.endpointStaleAfter, 0);
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: { endpoints, policy, staleAfterMs } };
}

/** Of localities that are named, by `placeOf`; of several groups of one the last one's counts. */
function localityWeights({ endpoints }: ClusterLoadAssignment): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const group of endpoints) {
    const { locality, loadBalancingWeight } = group;
    if (locality !== undefined && loadBalancingWeight !== undefined)
      weights.set(placeOf(group), loadBalancingWeight);
  }
  return weights;
}

function placeOf({ priority, locality }: LocalityLbEndpoints): string {
  return `${priority} ${localityKey(locality?.region ?? "", locality?.zone ?? "", locality?.subZone ?? "")}`;
}

function assignmentPolicy(
  assignment: ClusterLoadAssignment,
  prefix: string,
  problems: Problem[],
): AssignmentPolicy {
  const { policy } = assignment;
  const [drop, ...more] = policy?.dropOverloads ?? [];
  const path = `${prefix}policy.drop_overloads`;
  if (more.length > 0) {
    problems.push({ path, message: "more than one category is not supported", severity: "error" });
  }
  const denominator = 100 ** ((drop?.dropPercentage?.denominator ?? 0) + 1);
  const dropPerMillion = Math.round(((drop?.dropPercentage?.numerator ?? 0) * 1_000_000) / denominator);
  if (dropPerMillion > 1_000_000) {
    problems.push({
      path: `${path}[0].drop_percentage`,
      message: "is more than 100 percent",
      severity: "error",
    });
  }
  return {
    overprovisioningFactor: policy?.overprovisioningFactor ?? 140,
    weightedPriorityHealth: policy?.weightedPriorityHealth ?? false,
    dropPerMillion,
    dropCategory: drop?.category ?? "",
  };
}

/** What is wrong with where an endpoint is to be checked. */
function checkAddressProblem(
  endpoint: Endpoint | undefined,
  connectTo: HostSpec["connectTo"],
): string | undefined {
  const config = endpoint?.healthCheckConfig;
  if (config === undefined) return undefined;
  if (config.address !== undefined) {
    const address = endpointAddress(config.address, false);
    if (typeof address === "string") return address;
  }
  return config.portValue > 0 && "path" in connectTo ? "a local socket has no port" : undefined;
}

function endpointHealthCheck(config: Endpoint_HealthCheckConfig): EndpointHealthCheck {
  const address = endpointAddress(config.address, false);
  return {
    port: config.portValue,
    hostname: config.hostname,
    address: typeof address === "string" ? undefined : address.connectTo,
    disabled: config.disableActiveHealthCheck,
  };
}

export function healthOf(status: HealthStatus): HostSpec["health"] {
  switch (status) {
    case HealthStatus.UNHEALTHY:
    case HealthStatus.DRAINING:
    case HealthStatus.TIMEOUT:
      return "unhealthy";
    case HealthStatus.DEGRADED:
      return "degraded";
    default:
      return "healthy";
  }
}

/** What is wrong with them, or the addresses. */
function additionalAddresses(
  endpoint: Endpoint | undefined,
  first: HostSpec["connectTo"],
): readonly string[] | string {
  const others: string[] = [];
  for (const { address } of endpoint?.additionalAddresses ?? []) {
    const other = endpointAddress(address, false);
    if (typeof other === "string") return other;
    if ("path" in first || "path" in other.connectTo) return "local sockets are not supported here";
    if (other.connectTo.port !== first.port)
      return "a port other than the first address's is not implemented";
    if (isIP(first.host) === 0) return "the first address must be an IP address";
    others.push(other.connectTo.host);
  }
  return others;
}

function endpointAddress(
  address: Address | undefined,
  names: boolean,
): Pick<EndpointSpec, "address" | "connectTo" | "hostname"> | string {
  switch (address?.address.case) {
    case "pipe": {
      const { path } = address.address.value;
      if (Buffer.byteLength(path) >= LOCAL_PATH_BYTES) return `is longer than ${LOCAL_PATH_BYTES - 1} octets`;
      return { address: path, connectTo: { path }, hostname: "" };
    }
    case "socketAddress": {
      const { value } = address.address;
      const port = value.portSpecifier.case === "portValue" ? value.portSpecifier.value : undefined;
      if (port === undefined) return "needs a port_value";
      const named = isIP(value.address) === 0;
      if (named && !names) {
        return `'${value.address}' is not an IP address; use cluster type STRICT_DNS or LOGICAL_DNS for names`;
      }
      return {
        address: printAddress(value.address, port),
        connectTo: { host: value.address, port },
        // What is looked up gives its name to the hosts, though it be an address.
        hostname: names ? value.address : "",
      };
    }
    default:
      return "needs a socket_address or a pipe";
  }
}
