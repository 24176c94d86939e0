"use client";

import type { Topology } from "@sluice/telemetry";
import dynamic from "next/dynamic";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useTranslations } from "use-intl";
import { Freshness } from "../../../components/chart/freshness.tsx";
import { useUrlState } from "../../../components/chart/use-url-state.ts";
import { BoxPanel } from "../../../components/graph/box-panel.tsx";
import {
  type FindPredicate,
  type ParsedFind,
  parseFindExpression,
} from "../../../components/graph/parse-find-expression.ts";
import { createTopologyStore, TopologyStoreProvider } from "../../../components/graph/topology-store.ts";
import { TopologyTable } from "../../../components/graph/topology-table.tsx";
import { useLayout } from "../../../components/graph/use-layout.ts";
import { foldableBoxes, subjectOf, visibleTopology } from "../../../components/graph/visible-topology.ts";
import { Badge } from "../../../components/ui/badge.tsx";
import { LinkButton } from "../../../components/ui/button.tsx";
import { EmptyState } from "../../../components/ui/empty-state.tsx";
import { PageHeader } from "../../../components/ui/page-header.tsx";
import { SkeletonRows } from "../../../components/ui/skeleton.tsx";
import { ExportMenu } from "./export-menu.tsx";
import { TopologyLegend } from "./topology-legend.tsx";
import { TopologyToolbar } from "./topology-toolbar.tsx";
import { useTopology } from "./use-topology.ts";

const TopologyGraph = dynamic(
  () => import("../../../components/graph/topology-graph.tsx").then((module) => module.TopologyGraph),
  { ssr: false },
);

/** More boxes than this begin folded: nobody reads so many at once. */
const FOLD_FROM = 150;

/** Where does traffic go, and where does it hurt? */
export function TopologyPage() {
  const t = useTranslations("topology");
  const [read, write] = useUrlState();
  const node = read("node");
  const find = useExpression(read("find"));
  const hide = useExpression(read("hide"));
  const narrow = useNarrow();
  const chosen = read("view");
  const view = chosen === "table" || (narrow && chosen !== "graph") ? "table" : "graph";
  const selected = read("box");
  const live = useTopology(node);
  const { topology } = live;
  const folding = useFolding(topology);
  const visible = useMemo(
    () => topology && visibleTopology(topology, { collapsed: folding.collapsed, hide: hide.predicate }),
    [topology, folding.collapsed, hide.predicate],
  );
  const found = useMemo(() => {
    const { predicate } = find;
    if (predicate === undefined || visible === undefined) return undefined;
    return new Set(visible.boxes.filter((box) => predicate(subjectOf(box))).map((box) => box.id));
  }, [visible, find]);
  const laidOut = useLayout(view === "graph" ? visible : undefined);
  const [store] = useState(createTopologyStore);
  useEffect(() => {
    if (visible !== undefined) store.update(visible, found);
  }, [store, visible, found]);
  const select = useCallback((id: string | undefined) => write({ box: id }), [write]);
  const shownTopology = useMemo(
    () => topology && visible && { ...topology, boxes: visible.boxes, edges: visible.edges },
    [topology, visible],
  );
  const isEmpty = topology !== undefined && topology.boxes.length <= 1;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title={t("title")}
        marks={live.version !== undefined && <Badge>{t("version", { version: live.version })}</Badge>}
        actions={
          <>
            <Freshness receivedAt={live.receivedAt} reportAgeMs={live.reportAgeMs} />
            <ExportMenu visible={visible} laidOut={laidOut} />
          </>
        }
      />
      {topology === undefined && <SkeletonRows rows={8} />}
      {isEmpty && (
        <EmptyState
          icon="topology"
          title={t("empty.title")}
          action={
            <LinkButton href="/first-route" tone="primary" icon="plus">
              {t("empty.action")}
            </LinkButton>
          }
        >
          {t("empty.text")}
        </EmptyState>
      )}
      {topology !== undefined && visible !== undefined && shownTopology !== undefined && !isEmpty && (
        <>
          <TopologyToolbar
            view={view}
            node={node}
            find={find}
            hide={hide}
            foundCount={found?.size}
            hiddenCount={topology.boxes.length - visible.boxes.length - countOf(visible.folded)}
            folded={folding.collapsed.size > 0}
            onFold={folding.setAll}
            onChange={write}
          />
          <div className="relative flex min-h-96 flex-1 border-t border-line">
            {view === "table" ? (
              <TopologyTable topology={shownTopology} found={found} selected={selected} onSelect={select} />
            ) : (
              <TopologyStoreProvider value={store}>
                <div className="relative min-w-0 flex-1 bg-canvas">
                  {laidOut === undefined ? (
                    <p role="status" className="p-6 text-sm text-muted">
                      {t("layingOut", { count: visible.boxes.length })}
                    </p>
                  ) : (
                    <TopologyGraph
                      laidOut={laidOut}
                      foldable={folding.foldable}
                      selected={selected}
                      onSelect={select}
                      onToggle={folding.toggle}
                    />
                  )}
                  <TopologyLegend />
                </div>
              </TopologyStoreProvider>
            )}
            {selected !== undefined && (
              <BoxPanel topology={topology} id={selected} node={node} onClose={() => select(undefined)} />
            )}
          </div>
        </>
      )}
    </div>
  );
}

const NARROW = "(width < 40rem)";

/** A phone: the graph would be too small to read there, so that the table comes first. */
function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia(NARROW);
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    () => window.matchMedia(NARROW).matches,
    () => false,
  );
}

export interface Expression {
  readonly text: string;
  readonly parsed: ParsedFind;
  /** Undefined while it is empty or not understood. */
  readonly predicate: FindPredicate | undefined;
}

function useExpression(text = ""): Expression {
  return useMemo(() => {
    const parsed = parseFindExpression(text);
    return { text, parsed, predicate: parsed.ok && text.trim() !== "" ? parsed.matches : undefined };
  }, [text]);
}

function countOf(folded: ReadonlyMap<string, number>): number {
  return [...folded.values()].reduce((sum, count) => sum + count, 0);
}

/** Which boxes are folded; kept while figures move. */
function useFolding(topology: Topology | undefined) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>();
  const key = topology === undefined ? "" : [...foldableBoxes(topology)].join("\n");
  const foldable = useMemo<ReadonlySet<string>>(() => new Set(key === "" ? [] : key.split("\n")), [key]);
  const size = topology?.boxes.length ?? 0;
  const initial = useMemo<ReadonlySet<string>>(
    () => (size > FOLD_FROM ? foldable : new Set()),
    [size, foldable],
  );
  const toggle = useCallback(
    (id: string) =>
      setCollapsed((before = initial) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    [initial],
  );
  const setAll = useCallback((fold: boolean) => setCollapsed(fold ? foldable : new Set()), [foldable]);
  return { collapsed: collapsed ?? initial, foldable, toggle, setAll };
}
