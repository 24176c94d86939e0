"use client";

import type { TopologyBox, TopologyEdge } from "@sluice/telemetry";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { VisibleTopology } from "./visible-topology.ts";

/**
 * The figures apart from the layout: when they move, only the boxes and edges on the screen draw themselves anew, and the
 * graph of 1,000 boxes is not touched.
 */
export interface TopologyStore {
  update(visible: VisibleTopology, found: ReadonlySet<string> | undefined): void;
  subscribe(listener: () => void): () => void;
  box(id: string): TopologyBox | undefined;
  edge(id: string): TopologyEdge | undefined;
  folded(id: string): number;
  /** `undefined` while nothing is looked for. */
  isFound(id: string): boolean | undefined;
}

export function createTopologyStore(): TopologyStore {
  let boxes: ReadonlyMap<string, TopologyBox> = new Map();
  let edges: ReadonlyMap<string, TopologyEdge> = new Map();
  let folded: ReadonlyMap<string, number> = new Map();
  let found: ReadonlySet<string> | undefined;
  const listeners = new Set<() => void>();
  return {
    update(visible, nextFound) {
      boxes = new Map(visible.boxes.map((box) => [box.id, box]));
      edges = new Map(visible.edges.map((edge) => [edge.id, edge]));
      folded = visible.folded;
      found = nextFound;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    box: (id) => boxes.get(id),
    edge: (id) => edges.get(id),
    folded: (id) => folded.get(id) ?? 0,
    isFound: (id) => found?.has(id),
  };
}

const StoreContext = createContext<TopologyStore | undefined>(undefined);
export const TopologyStoreProvider = StoreContext.Provider;

function useTopologyStore(): TopologyStore {
  const store = useContext(StoreContext);
  if (store === undefined) throw new Error("a box or edge outside TopologyStoreProvider");
  return store;
}

export function useBox(id: string): TopologyBox | undefined {
  const store = useTopologyStore();
  return useSyncExternalStore(
    store.subscribe,
    () => store.box(id),
    () => undefined,
  );
}

export function useEdge(id: string): TopologyEdge | undefined {
  const store = useTopologyStore();
  return useSyncExternalStore(
    store.subscribe,
    () => store.edge(id),
    () => undefined,
  );
}

/** Whether it is to stand back because something else was found. */
export function useIsDimmed(id: string): boolean {
  const store = useTopologyStore();
  return useSyncExternalStore(
    store.subscribe,
    () => store.isFound(id) === false,
    () => false,
  );
}

export function useFolded(id: string): number {
  const store = useTopologyStore();
  return useSyncExternalStore(
    store.subscribe,
    () => store.folded(id),
    () => 0,
  );
}
