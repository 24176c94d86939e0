import type {
  Measures,
  ScopeKind,
  ScopeWindow,
  TimeRange,
  Topology,
  TopologyBox,
  TopologyConfiguration,
  TopologyEdge,
} from "../contract.ts";
import { addMeasures, COUNTERS, emptyMeasures, GAUGES, type MutableMeasures } from "../measures/measures.ts";
import { summarize } from "../measures/summarize.ts";
import { type Health, healthOfCluster, healthOfEndpoint, healthOfTraffic } from "./health.ts";

type BoxKind = TopologyBox["kind"];

/**
 * The graph of the live configuration with what was measured on it. Everything configured has a box, idle or not; what
 * is measured but no longer configured has none.
 *
 * What a node counts per host is shared out over the listeners that use its route configuration by their requests, and
 * what it counts per route over its weighted clusters by their weights: neither is counted by itself.
 */
export function buildTopology(
  configuration: TopologyConfiguration,
  windows: readonly ScopeWindow[],
  range: TimeRange,
): Topology {
  const graph = new Graph(windows, (range.to.getTime() - range.from.getTime()) / 1000);
  const all = emptyMeasures();
  for (const listener of configuration.listeners) {
    const measures = graph.measured("listener", listener.name);
    addMeasures(all, measures);
    graph.box("listener", listener.name, `${listener.name} ${listener.address}`, undefined, measures);
  }
  graph.box("downstream", "clients", "clients", undefined, all);
  for (const cluster of configuration.clusters) addCluster(graph, cluster);
  for (const host of configuration.virtualHosts) addHost(graph, configuration, host);
  for (const listener of configuration.listeners) {
    const measures = graph.measured("listener", listener.name);
    graph.edge("downstream:clients", `listener:${listener.name}`, measures);
    for (const cluster of listener.clusters) {
      graph.edge(`listener:${listener.name}`, `cluster:${cluster}`, graph.measured("cluster", cluster));
    }
  }
  return graph.topology(range);
}

function addHost(
  graph: Graph,
  configuration: TopologyConfiguration,
  host: TopologyConfiguration["virtualHosts"][number],
): void {
  const hostId = `host:${host.name}`;
  const total = graph.measured("host", host.name);
  graph.box("host", host.name, `${host.name} (${host.domains.join(", ")})`, undefined, total);
  const users = configuration.listeners.filter(({ routeConfigurations }) =>
    routeConfigurations.includes(host.routeConfiguration),
  );
  const requests = users.map(({ name }) => graph.measured("listener", name).requests);
  const sum = requests.reduce((a, b) => a + b, 0);
  users.forEach((listener, index) => {
    const share = sum === 0 ? 1 / users.length : (requests[index] ?? 0) / sum;
    graph.edge(`listener:${listener.name}`, hostId, scaled(total, share));
  });
  for (const route of host.routes) {
    const name = `${host.name}/${route.statPrefix}`;
    const measures = graph.measured("route", name);
    graph.box("route", name, route.label, hostId, measures);
    graph.edge(hostId, `route:${name}`, measures);
    for (const cluster of route.clusters) {
      graph.edge(`route:${name}`, `cluster:${cluster.name}`, scaled(measures, cluster.share));
    }
  }
}

function addCluster(graph: Graph, cluster: TopologyConfiguration["clusters"][number]): void {
  const id = `cluster:${cluster.name}`;
  const measures = graph.measured("cluster", cluster.name);
  const health = healthOfCluster(measures, graph.reported("cluster", cluster.name));
  graph.box("cluster", cluster.name, cluster.name, undefined, measures, health);
  // What DNS resolved to is seen in the traffic only: those addresses get boxes beside the configured ones.
  const seen = graph.namesUnder("endpoint", `${cluster.name}/`);
  const configured = cluster.endpoints.map((endpoint) => `${cluster.name}/${endpoint}`);
  for (const name of new Set([...configured, ...seen])) {
    const endpoint = graph.measured("endpoint", name);
    const endpointHealth = healthOfEndpoint(endpoint, graph.reported("endpoint", name), health);
    graph.box("endpoint", name, name.slice(cluster.name.length + 1), id, endpoint, endpointHealth);
    graph.edge(id, `endpoint:${name}`, endpoint);
  }
}

class Graph {
  readonly #windows = new Map<string, Measures>();
  readonly #seconds: number;
  readonly #boxes = new Map<string, TopologyBox>();
  readonly #edges = new Map<string, TopologyEdge>();

  constructor(windows: readonly ScopeWindow[], seconds: number) {
    this.#seconds = windows[0]?.seconds ?? seconds;
    for (const { scope, measures } of windows) this.#windows.set(`${scope.kind}:${scope.name}`, measures);
  }

  measured(kind: ScopeKind, name: string): Measures {
    return this.#windows.get(`${kind}:${name}`) ?? emptyMeasures();
  }

  reported(kind: ScopeKind, name: string): boolean {
    return this.#windows.has(`${kind}:${name}`);
  }

  namesUnder(kind: ScopeKind, prefix: string): string[] {
    const start = `${kind}:${prefix}`;
    return [...this.#windows.keys()]
      .filter((key) => key.startsWith(start))
      .map((key) => key.slice(kind.length + 1));
  }

  box(
    kind: BoxKind,
    name: string,
    label: string,
    parent: string | undefined,
    measures: Measures,
    health: Health = healthOfTraffic(measures),
  ): void {
    const id = `${kind}:${name}`;
    const summary = summarize(measures, this.#seconds);
    this.#boxes.set(id, {
      id,
      kind,
      label,
      parent,
      health: health.health,
      healthReason: health.reason,
      summary,
    });
  }

  edge(from: string, to: string, measures: Measures): void {
    const active = measures.requests + measures.connectionsOpened + measures.failures > 0;
    const id = `${from}->${to}`;
    this.#edges.set(id, { id, from, to, summary: summarize(measures, this.#seconds), active });
  }

  /** An edge to something that is not configured (a route to a missing cluster) is left out: nothing is there to point at. */
  topology(range: TimeRange): Topology {
    const edges = [...this.#edges.values()].filter(
      ({ from, to }) => this.#boxes.has(from) && this.#boxes.has(to),
    );
    return { range, boxes: [...this.#boxes.values()], edges };
  }
}

function scaled(measures: Measures, share: number): Measures {
  if (share === 1) return measures;
  const part: MutableMeasures = emptyMeasures();
  addMeasures(part, measures);
  for (const name of [...COUNTERS, ...GAUGES]) part[name] *= share;
  part.latency = part.latency.map((count) => count * share);
  return part;
}
