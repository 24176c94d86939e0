import type { ElkNode } from "elkjs/lib/elk-api.js";
import { edgesWithWords } from "./edge-look.ts";
import type { VisibleTopology } from "./visible-topology.ts";

/** Pixels of every box, on the 4 px grid. */
export const BOX_WIDTH = 216;
export const BOX_HEIGHT = 60;

export interface TopologyLayout {
  /** Top left corners, by box id. */
  readonly positions: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly width: number;
  readonly height: number;
}

const LAYERS = ["downstream", "listener", "host", "route", "cluster", "endpoint"] as const;

/** Between columns: room for the words of edges where any edge has some, else for its bend alone. */
const GAP_WITH_WORDS = 120;
const GAP = 64;

/**
 * `INTERACTIVE` keeps each box in the column that its kind gives it. (Partitions would too, but ELK joins every pair of
 * partitions with edges: 1,000 boxes then take a minute instead of two seconds.)
 */
const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "POLYLINE",
  "elk.spacing.nodeNode": "20",
  "elk.separateConnectedComponents": "false",
  "elk.layered.layering.strategy": "INTERACTIVE",
  "elk.layered.considerModelOrder.strategy": "PREFER_NODES",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.layered.thoroughness": "1",
} as const;

/** Boxes go in by kind and name, so that the same structure has the same layout whatever order it came in. */
export function toElkGraph(visible: VisibleTopology): ElkNode {
  const boxes = visible.boxes.toSorted((left, right) => {
    const layer = LAYERS.indexOf(left.kind) - LAYERS.indexOf(right.kind);
    return layer === 0 ? left.id.localeCompare(right.id, "en", { numeric: true }) : layer;
  });
  const edges = visible.edges.toSorted((left, right) => left.id.localeCompare(right.id, "en"));
  return {
    id: "root",
    layoutOptions: OPTIONS,
    children: boxes.map((box) => ({
      id: box.id,
      width: BOX_WIDTH,
      height: BOX_HEIGHT,
      x: LAYERS.indexOf(box.kind) * (BOX_WIDTH + GAP),
      y: 0,
    })),
    edges: edges.map((edge) => ({ id: edge.id, sources: [edge.from], targets: [edge.to] })),
  };
}

/** ELK widens the gap behind a fan of many edges; columns at a fixed pitch read better, so only its heights are kept. */
export function fromElkGraph(graph: ElkNode): TopologyLayout {
  const columns = [...new Set((graph.children ?? []).map((child) => child.x ?? 0))].toSorted((a, b) => a - b);
  const edges = (graph.edges ?? []).map(({ id, targets }) => ({ id, to: targets[0] ?? "" }));
  const pitch = BOX_WIDTH + (edgesWithWords(edges).size > 0 ? GAP_WITH_WORDS : GAP);
  const positions = new Map<string, { x: number; y: number }>();
  for (const child of graph.children ?? []) {
    positions.set(child.id, { x: columns.indexOf(child.x ?? 0) * pitch, y: Math.round(child.y ?? 0) });
  }
  const width = columns.length === 0 ? 0 : (columns.length - 1) * pitch + BOX_WIDTH;
  return { positions, width, height: graph.height ?? 0 };
}
