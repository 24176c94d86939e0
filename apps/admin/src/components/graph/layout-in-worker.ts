import type { ELK } from "elkjs/lib/elk-api.js";
import { fromElkGraph, type TopologyLayout, toElkGraph } from "./topology-layout.ts";
import type { VisibleTopology } from "./visible-topology.ts";

let elk: Promise<ELK> | undefined;

/** Off the main thread: a graph of 1,000 boxes takes seconds, during which the old one stays fluid. */
export async function layoutInWorker(visible: VisibleTopology): Promise<TopologyLayout> {
  elk ??= import("elkjs/lib/elk-api.js").then(
    ({ default: Elk }) =>
      new Elk({
        workerFactory: () => new Worker(new URL("./elk-worker.ts", import.meta.url), { type: "module" }),
      }),
  );
  return fromElkGraph(await (await elk).layout(toElkGraph(visible)));
}
