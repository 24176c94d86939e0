import type { Summary, TimeRange, Topology, TopologyBox } from "@sluice/telemetry";

/** What crosses to the browser: the whole graph when its structure changed, else only the figures that did. */
export type TopologyFrame =
  | {
      readonly kind: "whole";
      readonly at: Date;
      readonly asOf: Date | undefined;
      readonly version: number | undefined;
      readonly topology: Topology;
    }
  | {
      readonly kind: "figures";
      readonly at: Date;
      readonly asOf: Date | undefined;
      readonly range: TimeRange;
      readonly boxes: readonly BoxFigures[];
      readonly edges: readonly EdgeFigures[];
    };

export type BoxFigures = readonly [
  id: string,
  health: TopologyBox["health"],
  reason: string,
  summary: Summary,
];
export type EdgeFigures = readonly [id: string, active: boolean, summary: Summary];

/** Which boxes and edges there are, and what they are called. */
export function structureOf(topology: Topology): string {
  return JSON.stringify([
    topology.boxes.map(({ id, label, parent }) => [id, label, parent]),
    topology.edges.map(({ id }) => id),
  ]);
}

/** Figures of `next` that are not those of `before`; both have the same structure. */
export function changedFigures(
  before: Topology,
  next: Topology,
): { readonly boxes: readonly BoxFigures[]; readonly edges: readonly EdgeFigures[] } {
  const boxes: BoxFigures[] = [];
  next.boxes.forEach((box, index) => {
    const was = before.boxes[index];
    if (
      was !== undefined &&
      was.health === box.health &&
      was.healthReason === box.healthReason &&
      sameSummary(was.summary, box.summary)
    )
      return;
    boxes.push([box.id, box.health, box.healthReason, box.summary]);
  });
  const edges: EdgeFigures[] = [];
  next.edges.forEach((edge, index) => {
    const was = before.edges[index];
    if (was !== undefined && was.active === edge.active && sameSummary(was.summary, edge.summary)) return;
    edges.push([edge.id, edge.active, edge.summary]);
  });
  return { boxes, edges };
}

function sameSummary(left: Summary, right: Summary): boolean {
  return (
    left.requestsPerSecond === right.requestsPerSecond &&
    left.successRate === right.successRate &&
    left.p50Ms === right.p50Ms &&
    left.p95Ms === right.p95Ms &&
    left.p99Ms === right.p99Ms &&
    left.connectionsActive === right.connectionsActive &&
    left.bytesReceivedPerSecond === right.bytesReceivedPerSecond &&
    left.bytesSentPerSecond === right.bytesSentPerSecond
  );
}

/** The graph after a frame. Figures without a graph before them (a broken order) change nothing. */
export function applyTopologyFrame(shown: Topology | undefined, frame: TopologyFrame): Topology | undefined {
  if (frame.kind === "whole") return frame.topology;
  if (shown === undefined) return undefined;
  const boxes = new Map(frame.boxes.map((figures) => [figures[0], figures]));
  const edges = new Map(frame.edges.map((figures) => [figures[0], figures]));
  return {
    range: frame.range,
    boxes: shown.boxes.map((box) => {
      const figures = boxes.get(box.id);
      if (figures === undefined) return box;
      return { ...box, health: figures[1], healthReason: figures[2], summary: figures[3] };
    }),
    edges: shown.edges.map((edge) => {
      const figures = edges.get(edge.id);
      return figures === undefined ? edge : { ...edge, active: figures[1], summary: figures[2] };
    }),
  };
}
