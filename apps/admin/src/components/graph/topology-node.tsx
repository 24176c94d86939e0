"use client";

import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { useTranslations } from "use-intl";
import { StatusDot } from "../ui/badge.tsx";
import { classes } from "../ui/classes.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { HEALTH_TONES } from "./edge-look.ts";
import { BOX_HEIGHT, BOX_WIDTH } from "./topology-layout.ts";
import { useBox, useFolded, useIsDimmed } from "./topology-store.ts";
import { useFigureWords } from "./use-figure-words.ts";

export interface BoxData extends Record<string, unknown> {
  readonly foldable: boolean;
  readonly onToggle: (id: string) => void;
}
export type BoxNode = Node<BoxData, "box">;

const ICONS: Readonly<Record<string, IconName>> = {
  downstream: "people",
  listener: "listeners",
  host: "globe",
  route: "routes",
  cluster: "clusters",
  endpoint: "endpoints",
};

const EDGES: Readonly<Record<string, string>> = { warn: "border-warn", bad: "border-bad border-2" };

/** A box of the graph. Its figures come from the store, so that it alone draws itself anew. */
export const TopologyNode = memo(function TopologyNode({ id, data, selected }: NodeProps<BoxNode>) {
  const t = useTranslations("topology");
  const words = useFigureWords();
  const box = useBox(id);
  const folded = useFolded(id);
  const dimmed = useIsDimmed(id);
  if (box === undefined) return null;
  const tone = HEALTH_TONES[box.health];
  const label = box.kind === "downstream" ? t("clients") : box.label;
  const { rate, errors, latency } = words(box.summary);
  return (
    <div
      style={{ width: BOX_WIDTH, height: BOX_HEIGHT }}
      className={classes(
        "flex flex-col justify-center gap-0.5 rounded-lg border bg-surface px-2.5",
        EDGES[tone] ?? "border-line-strong",
        selected && "ring-2 ring-accent",
        dimmed && "opacity-30",
      )}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} className="invisible" />
      <span className="flex items-center gap-1.5">
        <Icon name={ICONS[box.kind] ?? "nodes"} size={14} className="text-faint" />
        <span className="min-w-0 flex-1 truncate text-sm font-medium" title={label}>
          {label}
        </span>
        <StatusDot tone={tone}>
          <span className="sr-only">{t(`health.${box.health}`)}</span>
        </StatusDot>
      </span>
      <span className="tabular flex gap-2 truncate text-xs text-muted">
        <span>{rate}</span>
        {errors !== "" && <span className="font-medium text-bad">{errors}</span>}
        <span>{latency}</span>
      </span>
      {data.foldable && (
        <button
          type="button"
          aria-label={
            folded > 0 ? t("expand", { name: label, count: folded }) : t("collapse", { name: label })
          }
          aria-expanded={folded === 0}
          onClick={(event) => {
            event.stopPropagation();
            data.onToggle(id);
          }}
          className="nodrag tabular absolute top-1/2 -right-3 flex h-6 min-w-6 -translate-y-1/2 items-center justify-center rounded-full border border-line-strong bg-surface px-1 text-xs text-muted hover:bg-hover"
        >
          {folded > 0 ? `+${folded}` : <Icon name="minus" size={12} />}
        </button>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} className="invisible" />
    </div>
  );
});
