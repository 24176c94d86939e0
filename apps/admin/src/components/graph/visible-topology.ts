import type { Summary, Topology, TopologyBox, TopologyEdge } from "@sluice/telemetry";
import type { FindPredicate, FindSubject } from "./parse-find-expression.ts";

export interface VisibleTopology {
  readonly boxes: readonly TopologyBox[];
  readonly edges: readonly TopologyEdge[];
  /** Boxes that have something folded into them, with how many. */
  readonly folded: ReadonlyMap<string, number>;
  /** Equal for two topologies that have the same layout: which boxes there are and how they connect. */
  readonly structure: string;
}

export interface VisibleOptions {
  /** Ids of boxes whose children are folded into them. */
  readonly collapsed: ReadonlySet<string>;
  /** Boxes that it matches are taken away, with their edges. */
  readonly hide: FindPredicate | undefined;
}

/** What the expressions of find and hide see of a box. */
export function subjectOf(box: TopologyBox): FindSubject {
  const { summary } = box;
  return {
    name: box.label,
    kind: box.kind,
    health: box.health,
    rate: summary.requestsPerSecond,
    error: errorShare(summary),
    p50: summary.p50Ms,
    p95: summary.p95Ms,
    p99: summary.p99Ms,
    connections: summary.connectionsActive,
  };
}

/** 0…1, 0 without traffic. */
export function errorShare(summary: Summary): number {
  return summary.successRate === undefined ? 0 : 1 - summary.successRate;
}

/** Edges folded into one: rates add, shares are weighed by rate; a percentile is the worst, the most that it can be. */
export function mergeSummaries(left: Summary, right: Summary): Summary {
  const rate = left.requestsPerSecond + right.requestsPerSecond;
  return {
    requestsPerSecond: rate,
    successRate: rate === 0 ? (left.successRate ?? right.successRate) : weighed(left, right, rate),
    p50Ms: worst(left.p50Ms, right.p50Ms),
    p95Ms: worst(left.p95Ms, right.p95Ms),
    p99Ms: worst(left.p99Ms, right.p99Ms),
    connectionsActive: left.connectionsActive + right.connectionsActive,
    bytesReceivedPerSecond: left.bytesReceivedPerSecond + right.bytesReceivedPerSecond,
    bytesSentPerSecond: left.bytesSentPerSecond + right.bytesSentPerSecond,
  };
}

function weighed(left: Summary, right: Summary, rate: number): number {
  const good =
    left.requestsPerSecond * (left.successRate ?? 1) + right.requestsPerSecond * (right.successRate ?? 1);
  return good / rate;
}

function worst(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.max(left, right);
}

export function visibleTopology(topology: Topology, options: VisibleOptions): VisibleTopology {
  const byId = new Map(topology.boxes.map((box) => [box.id, box]));
  const folded = new Map<string, number>();
  /** Where a box is drawn: itself, or the outermost collapsed box around it. */
  const drawnAs = new Map<string, string>();
  for (const box of topology.boxes) {
    let drawn = box.id;
    const seen = new Set<string>([box.id]);
    for (
      let parent = box.parent;
      parent !== undefined && !seen.has(parent);
      parent = byId.get(parent)?.parent
    ) {
      seen.add(parent);
      if (options.collapsed.has(parent) && byId.has(parent)) drawn = parent;
    }
    drawnAs.set(box.id, drawn);
    if (drawn !== box.id) folded.set(drawn, (folded.get(drawn) ?? 0) + 1);
  }
  const { hide } = options;
  const boxes = topology.boxes.filter(
    (box) => drawnAs.get(box.id) === box.id && !(hide?.(subjectOf(box)) ?? false),
  );
  const shown = new Set(boxes.map((box) => box.id));
  const edges = new Map<string, TopologyEdge>();
  for (const edge of topology.edges) {
    const from = drawnAs.get(edge.from) ?? edge.from;
    const to = drawnAs.get(edge.to) ?? edge.to;
    if (from === to || !shown.has(from) || !shown.has(to)) continue;
    const id = `${from}→${to}`;
    const before = edges.get(id);
    edges.set(id, {
      id,
      from,
      to,
      summary: before === undefined ? edge.summary : mergeSummaries(before.summary, edge.summary),
      active: edge.active || (before?.active ?? false),
    });
  }
  const structure = [...shown, ...edges.keys()].toSorted().join("\n");
  return { boxes, edges: [...edges.values()], folded, structure };
}

/** Boxes that can fold: those that are somebody's parent. */
export function foldableBoxes(topology: Topology): ReadonlySet<string> {
  const parents = new Set<string>();
  for (const box of topology.boxes) if (box.parent !== undefined) parents.add(box.parent);
  return parents;
}
