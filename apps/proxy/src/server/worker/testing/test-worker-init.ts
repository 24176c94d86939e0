import { SharedOverloadState } from "../../../overload/overload-state.ts";
import { SharedDrainState } from "../../../worker/shared-drain-state.ts";
import { SharedSlots } from "../../../worker/shared-slots.ts";
import type { WorkerInit } from "../worker-messages.ts";

/** What each of so many workers is started with by whoever wants nothing in particular. */
export function testWorkerInit(concurrency: number): (workerIndex: number) => WorkerInit {
  const sharedSlots = SharedSlots.allocate(concurrency);
  const drainState = SharedDrainState.allocate();
  const overloadState = SharedOverloadState.allocate();
  return (workerIndex) => ({
    workerIndex,
    concurrency,
    localInfo: { nodeId: "n", nodeCluster: "c", region: "", zone: "", subZone: "", address: "" },
    node: new Uint8Array(),
    tracing: new Uint8Array(0),
    localCluster: "",
    logLevel: "info",
    drainState,
    drain: { drainTimeMs: 600_000, gradual: true },
    overload: {},
    headerPrefix: "",
    inlineHeaders: [[], [], [], []],
    overloadState,
    heartbeats: undefined,
    sharedSlots,
    accessLogFlushMs: 1000,
    ticketSeed: new Uint8Array(32),
  });
}
