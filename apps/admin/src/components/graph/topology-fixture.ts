import type { Summary, Topology, TopologyBox, TopologyEdge } from "@sluice/telemetry";

/** For tests: a summary with this much traffic, of which this share fails. */
export function summaryOf(rate: number, error = 0, p95 = 20): Summary {
  return {
    requestsPerSecond: rate,
    successRate: rate === 0 ? undefined : 1 - error,
    p50Ms: rate === 0 ? undefined : p95 / 4,
    p95Ms: rate === 0 ? undefined : p95,
    p99Ms: rate === 0 ? undefined : p95 * 2,
    connectionsActive: rate > 0 ? 1 : 0,
    bytesReceivedPerSecond: rate * 100,
    bytesSentPerSecond: rate * 1000,
  };
}

export function boxOf(id: string, summary: Summary, parent?: string): TopologyBox {
  const colon = id.indexOf(":");
  return {
    id,
    kind: id.slice(0, colon) as TopologyBox["kind"],
    label: id.slice(colon + 1),
    parent,
    health: "healthy",
    healthReason: "",
    summary,
  };
}

export function edgeOf(from: string, to: string, summary: Summary): TopologyEdge {
  return { id: `${from}→${to}`, from, to, summary, active: summary.requestsPerSecond > 0 };
}

/** One listener, one host with two routes to two clusters, the first with two endpoints. */
export function smallTopology(rate = 10): Topology {
  const all = summaryOf(rate);
  const half = summaryOf(rate / 2);
  const failing = summaryOf(rate / 2, 0.5, 80);
  return {
    range: { from: new Date(0), to: new Date(10_000) },
    boxes: [
      boxOf("downstream:", all),
      boxOf("listener:http", all),
      boxOf("host:web", all, "listener:http"),
      boxOf("route:web/api", half, "host:web"),
      boxOf("route:web/rest", failing, "host:web"),
      boxOf("cluster:api", half),
      boxOf("cluster:rest", failing),
      boxOf("endpoint:api/10.0.0.1:80", half, "cluster:api"),
      boxOf("endpoint:api/10.0.0.2:80", summaryOf(0), "cluster:api"),
    ],
    edges: [
      edgeOf("downstream:", "listener:http", all),
      edgeOf("listener:http", "host:web", all),
      edgeOf("host:web", "route:web/api", half),
      edgeOf("host:web", "route:web/rest", failing),
      edgeOf("route:web/api", "cluster:api", half),
      edgeOf("route:web/rest", "cluster:rest", failing),
      edgeOf("cluster:api", "endpoint:api/10.0.0.1:80", half),
      edgeOf("cluster:api", "endpoint:api/10.0.0.2:80", summaryOf(0)),
    ],
  };
}
