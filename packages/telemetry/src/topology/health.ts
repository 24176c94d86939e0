import type { Measures, TopologyBox } from "../contract.ts";
import { summarize } from "../measures/summarize.ts";

export interface Health {
  readonly health: TopologyBox["health"];
  readonly reason: string;
}

const DEGRADED_BELOW = 0.99;
const UNHEALTHY_BELOW = 0.5;

/** By the share of requests that went well. */
export function healthOfTraffic(measures: Measures): Health {
  const { successRate } = summarize(measures, 1);
  if (successRate === undefined) return { health: "unknown", reason: "no traffic in this time" };
  const failed = `${((1 - successRate) * 100).toFixed(successRate > 0.9 ? 1 : 0)}% of requests failed`;
  if (successRate < UNHEALTHY_BELOW) return { health: "unhealthy", reason: failed };
  if (successRate < DEGRADED_BELOW) return { health: "degraded", reason: failed };
  return { health: "healthy", reason: "requests succeed" };
}

/** By its members first, then by its traffic. */
export function healthOfCluster(measures: Measures, reported: boolean): Health {
  if (!reported) return { health: "unknown", reason: "no node reports it" };
  const { membersHealthy, membersTotal } = measures;
  const traffic = healthOfTraffic(measures);
  if (membersTotal === 0) {
    return traffic.health === "unknown" ? { health: "unhealthy", reason: "it has no members" } : traffic;
  }
  const members = `${membersHealthy} of ${membersTotal} members healthy`;
  if (membersHealthy === 0) return { health: "unhealthy", reason: members };
  if (traffic.health === "unhealthy") return traffic;
  if (membersHealthy < membersTotal) return { health: "degraded", reason: members };
  return traffic.health === "degraded" ? traffic : { health: "healthy", reason: members };
}

/** By its own report, then by its traffic; without either it is what its cluster is, where that leaves no doubt. */
export function healthOfEndpoint(measures: Measures, reported: boolean, cluster: Health): Health {
  if (reported && measures.membersTotal > 0 && measures.membersHealthy === 0) {
    return { health: "unhealthy", reason: "the node takes it out of balancing" };
  }
  const traffic = healthOfTraffic(measures);
  if (traffic.health !== "unknown") return traffic;
  if (reported && measures.membersTotal > 0) return { health: "healthy", reason: "the node balances to it" };
  if (cluster.health === "healthy") return { health: "healthy", reason: `its cluster: ${cluster.reason}` };
  return { health: "unknown", reason: "no traffic in this time" };
}
