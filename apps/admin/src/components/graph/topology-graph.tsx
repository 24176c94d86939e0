"use client";

import { ReactFlow, ReactFlowProvider, useReactFlow, useStore } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useEffect, useMemo, useRef } from "react";
import { useTranslations } from "use-intl";
import { IconButton } from "../ui/button.tsx";
import { edgesWithWords } from "./edge-look.ts";
import { BOX_HEIGHT, BOX_WIDTH } from "./topology-layout.ts";
import { type LineEdge, TopologyLine } from "./topology-line.tsx";
import { type BoxNode, TopologyNode } from "./topology-node.tsx";
import type { LaidOut } from "./use-layout.ts";

export interface TopologyGraphProps {
  readonly laidOut: LaidOut;
  readonly foldable: ReadonlySet<string>;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly onToggle: (id: string) => void;
}

const NODE_TYPES = { box: TopologyNode };
const EDGE_TYPES = { line: TopologyLine };
const FIT = { padding: 0.03, maxZoom: 1 };
/** Below it the words on a box cannot be read. */
const READABLE = 0.6;
/** So much too small, and what fits is a map that is searched, not read. */
const A_MAP = 0.3;
const EDGE = 16;

/** Pan, zoom and select. Only what is in the window is drawn. */
export function TopologyGraph(props: TopologyGraphProps) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ laidOut, foldable, selected, onSelect, onToggle }: TopologyGraphProps) {
  const t = useTranslations("topology");
  const nodes = useMemo(() => nodesOf(laidOut, foldable, onToggle), [laidOut, foldable, onToggle]);
  const edges = useMemo(() => edgesOf(laidOut), [laidOut]);
  const marked = useMemo(
    () => nodes.map((node) => (node.id === selected ? { ...node, selected: true } : node)),
    [nodes, selected],
  );
  const markedEdges = useMemo(
    () => edges.map((edge) => (edge.id === selected ? { ...edge, selected: true } : edge)),
    [edges, selected],
  );
  return (
    <ReactFlow
      nodes={marked}
      edges={markedEdges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onlyRenderVisibleElements
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      elevateNodesOnSelect={false}
      deleteKeyCode={null}
      minZoom={0.03}
      maxZoom={2}
      fitView
      fitViewOptions={FIT}
      onNodeClick={(_, node) => onSelect(node.id)}
      onEdgeClick={(_, edge) => onSelect(edge.id)}
      onPaneClick={() => onSelect(undefined)}
      onSelectionChange={({ nodes: chosen }) => {
        const first = chosen[0]?.id;
        if (first !== undefined && first !== selected) onSelect(first);
      }}
      aria-label={t("graphLabel")}
      proOptions={{ hideAttribution: true }}
    >
      <Controls structure={laidOut.visible.structure} height={laidOut.layout.height} />
      <KeepInSight id={selected} laidOut={laidOut} />
    </ReactFlow>
  );
}

/** Fits once, when the first boxes have come, or begins where requests come in; after that the view is the user's. */
function Controls({ structure, height }: { readonly structure: string; readonly height: number }) {
  const t = useTranslations("topology");
  const flow = useReactFlow();
  const zoom = useStore((state) => state.transform[2]);
  const windowHeight = useStore((state) => state.height);
  const fitted = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when there is something to fit
  useEffect(() => {
    if (fitted.current || structure === "") return;
    fitted.current = true;
    void flow.fitView(FIT).then(() => {
      const fit = flow.getZoom();
      if (fit >= READABLE || fit < A_MAP) return;
      const y = Math.max(EDGE, (windowHeight - height * READABLE) / 2);
      void flow.setViewport({ x: EDGE, y, zoom: READABLE });
    });
  }, [structure]);
  return (
    <div className="absolute right-3 bottom-3 z-10 flex items-center rounded-md border border-line bg-surface shadow-pop">
      <IconButton icon="minus" label={t("zoomOut")} onClick={() => void flow.zoomOut()} />
      <span className="tabular w-10 text-center text-xs text-muted">{Math.round(zoom * 100)}%</span>
      <IconButton icon="plus" label={t("zoomIn")} onClick={() => void flow.zoomIn()} />
      <IconButton icon="overview" label={t("fit")} onClick={() => void flow.fitView(FIT)} />
    </div>
  );
}

const SIGHT_MARGIN = 16;

/** The panel of a box takes a part of the window: the box itself stays in what is left of it. */
function KeepInSight({ id, laidOut }: { readonly id: string | undefined; readonly laidOut: LaidOut }) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const position = id === undefined ? undefined : laidOut.layout.positions.get(id);
  const x = position?.x;
  useEffect(() => {
    if (x === undefined || width === 0) return;
    const view = flow.getViewport();
    const left = x * view.zoom + view.x;
    const beyond = left + BOX_WIDTH * view.zoom + SIGHT_MARGIN - width;
    if (beyond > 0) void flow.setViewport({ ...view, x: view.x - beyond });
    else if (left < SIGHT_MARGIN) void flow.setViewport({ ...view, x: view.x + SIGHT_MARGIN - left });
  }, [flow, x, width]);
  return null;
}

function nodesOf(
  { visible, layout }: LaidOut,
  foldable: ReadonlySet<string>,
  onToggle: (id: string) => void,
): BoxNode[] {
  const nodes = visible.boxes.map(
    (box): BoxNode => ({
      id: box.id,
      type: "box",
      position: layout.positions.get(box.id) ?? { x: 0, y: 0 },
      width: BOX_WIDTH,
      height: BOX_HEIGHT,
      ariaLabel: box.label,
      data: { foldable: foldable.has(box.id), onToggle },
    }),
  );
  // The way of a request, then from top to bottom: so does Tab go.
  return nodes.toSorted(
    (left, right) => left.position.x - right.position.x || left.position.y - right.position.y,
  );
}

function edgesOf({ visible }: LaidOut): LineEdge[] {
  const withWords = edgesWithWords(visible.edges);
  const leaving = new Map<string, number>();
  for (const { from } of visible.edges) leaving.set(from, (leaving.get(from) ?? 0) + 1);
  return visible.edges.map(({ id, from, to }) => ({
    id,
    type: "line",
    source: from,
    target: to,
    data: {
      labelAt: withWords.has(id) ? ((leaving.get(from) ?? 0) > 1 ? "middle" : "source") : undefined,
    },
  }));
}
