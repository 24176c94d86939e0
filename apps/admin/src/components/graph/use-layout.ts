"use client";

import { useEffect, useRef, useState } from "react";
import { layoutInWorker, prepareLayout } from "./layout-in-worker.ts";
import type { TopologyLayout } from "./topology-layout.ts";
import type { VisibleTopology } from "./visible-topology.ts";

export interface LaidOut {
  readonly visible: VisibleTopology;
  readonly layout: TopologyLayout;
}

/**
 * The newest structure that is laid out, undefined before the first. Figures alone never start a layout; when the
 * structure changes again meanwhile, only the last one is shown.
 */
export function useLayout(visible: VisibleTopology | undefined): LaidOut | undefined {
  const [laidOut, setLaidOut] = useState<LaidOut>();
  const newest = useRef<VisibleTopology>(undefined);
  newest.current = visible;
  const structure = visible?.structure;
  useEffect(() => void prepareLayout(), []);
  useEffect(() => {
    const asked = newest.current;
    if (asked === undefined || structure === undefined) return;
    let overtaken = false;
    void layoutInWorker(asked).then((layout) => {
      if (!overtaken) setLaidOut({ visible: asked, layout });
    });
    return () => {
      overtaken = true;
    };
  }, [structure]);
  return laidOut;
}
