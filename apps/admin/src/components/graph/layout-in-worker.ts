import type { ELK } from "elkjs/lib/elk-api.js";
import { fromElkGraph, type TopologyLayout, toElkGraph } from "./topology-layout.ts";
import type { VisibleTopology } from "./visible-topology.ts";

let elk: Promise<ELK> | undefined;

/** Loads the layout engine ahead of the first graph. */
export function prepareLayout(): Promise<ELK> {
  elk ??= import("elkjs/lib/elk-api.js").then(
    ({ default: Elk }) =>
      new Elk({
        workerFactory: () => new Worker(new URL("./elk-worker.ts", import.meta.url), { type: "module" }),
      }),
  );
  return elk;
}

/** Off the main thread: a graph of 1,000 boxes takes seconds, during which the old one stays fluid. */
export async function layoutInWorker(visible: VisibleTopology): Promise<TopologyLayout> {
  const engine = await prepareLayout();
  return fromElkGraph(await engine.layout(toElkGraph(visible)));
}
