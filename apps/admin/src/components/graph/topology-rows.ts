import type { Topology, TopologyBox, TopologyEdge } from "@sluice/telemetry";

/** One line of the table: a box as reached on one way from the left. */
export interface TopologyRow {
  /** The way: ids from the first box, joined. The same box may be reached on several ways. */
  readonly key: string;
  readonly box: TopologyBox;
  /** How it was reached; undefined for a first box. */
  readonly edge: TopologyEdge | undefined;
  readonly level: number;
  readonly childCount: number;
  readonly expanded: boolean;
  readonly position: number;
  readonly siblingCount: number;
}

/**
 * The graph as a tree, from the boxes that nothing leads to; children with the most traffic first, then by name. A way
 * that comes back to itself ends there.
 *
 * @param rowsMax a graph with shared clusters can have more ways than boxes; the tree ends after so many rows
 */
export function topologyRows(
  topology: Topology,
  isExpanded: (key: string, level: number) => boolean,
  rowsMax = 5_000,
): readonly TopologyRow[] {
  const byId = new Map(topology.boxes.map((box) => [box.id, box]));
  const leaving = new Map<string, TopologyEdge[]>();
  const reached = new Set<string>();
  for (const edge of topology.edges) {
    if (!byId.has(edge.from) || !byId.has(edge.to)) continue;
    reached.add(edge.to);
    const edges = leaving.get(edge.from);
    if (edges === undefined) leaving.set(edge.from, [edge]);
    else edges.push(edge);
  }
  const rows: TopologyRow[] = [];
  const add = (
    box: TopologyBox,
    edge: TopologyEdge | undefined,
    way: readonly string[],
    position: number,
    siblingCount: number,
  ): void => {
    if (rows.length >= rowsMax) return;
    const path = [...way, box.id];
    const key = path.join("›");
    const edges = (leaving.get(box.id) ?? []).filter(({ to }) => !path.includes(to)).toSorted(byTraffic);
    const expanded = edges.length > 0 && isExpanded(key, way.length);
    rows.push({
      key,
      box,
      edge,
      level: way.length,
      childCount: edges.length,
      expanded,
      position,
      siblingCount,
    });
    if (!expanded) return;
    edges.forEach((next, index) => {
      const child = byId.get(next.to);
      if (child !== undefined) add(child, next, path, index, edges.length);
    });
  };
  const first = topology.boxes.filter((box) => !reached.has(box.id));
  first.forEach((box, index) => {
    add(box, undefined, [], index, first.length);
  });
  return rows;
}

function byTraffic(left: TopologyEdge, right: TopologyEdge): number {
  const rate = right.summary.requestsPerSecond - left.summary.requestsPerSecond;
  return rate === 0 ? left.to.localeCompare(right.to, "en", { numeric: true }) : rate;
}
