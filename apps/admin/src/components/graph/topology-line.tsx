"use client";

import { type Edge, type EdgeProps, getBezierPath, useStore } from "@xyflow/react";
import { memo } from "react";
import { EDGE_COLORS, edgeLook } from "./edge-look.ts";
import { useEdge, useIsDimmed } from "./topology-store.ts";
import { useFigureWords } from "./use-figure-words.ts";

export interface LineData extends Record<string, unknown> {
  /** Where its words stand free: at the end where it is alone, else half way. Undefined: the box that it leads to says the same. */
  readonly labelAt: "source" | "middle" | undefined;
}
export type LineEdge = Edge<LineData, "line">;

/** Below this the words could not be read, and drawing them would cost most. */
const LABELS_FROM_ZOOM = 0.55;

/** An edge of the graph: width is traffic, colour and pattern are errors, words say both and the latency. */
export const TopologyLine = memo(function TopologyLine(props: EdgeProps<LineEdge>) {
  const { id, sourceX, sourceY, selected, data } = props;
  const edge = useEdge(id);
  const words = useFigureWords();
  const fromDimmed = useIsDimmed(edge?.from ?? "");
  const toDimmed = useIsDimmed(edge?.to ?? "");
  const labelled = useStore((state) => state.transform[2] >= LABELS_FROM_ZOOM);
  if (edge === undefined) return null;
  const [path, middleX, middleY] = getBezierPath(props);
  const look = edgeLook(edge.summary);
  const color = `var(${EDGE_COLORS[look.tone]})`;
  const { rate, errors, latency } = words(edge.summary);
  const atSource = data?.labelAt === "source";
  const [x, y] = atSource ? [sourceX + 16, sourceY] : [middleX, middleY];
  return (
    <g opacity={fromDimmed || toDimmed ? 0.25 : 1}>
      <path
        d={path}
        fill="none"
        stroke={color}
        strokeWidth={selected ? look.width + 2 : look.width}
        strokeDasharray={look.dash}
        strokeLinecap="round"
      />
      <path
        d={path}
        fill="none"
        stroke="transparent"
        strokeWidth={16}
        className="react-flow__edge-interaction"
      />
      {labelled && data?.labelAt !== undefined && look.tone !== "idle" && (
        <g
          className="tabular pointer-events-none fill-muted text-[11px]"
          style={{ paintOrder: "stroke", stroke: "var(--canvas)", strokeWidth: 4, strokeLinejoin: "round" }}
          textAnchor={atSource ? "start" : "middle"}
        >
          <text x={x} y={y - 6}>
            {rate}
            {errors !== "" && (
              <tspan dx="4" className="fill-bad font-medium">
                {errors}
              </tspan>
            )}
          </text>
          <text x={x} y={y + 14}>
            {latency}
          </text>
        </g>
      )}
    </g>
  );
});
