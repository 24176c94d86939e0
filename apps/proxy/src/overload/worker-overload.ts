import type { AcceptGate } from "../listener/accept-gate.ts";
import type { TimerQueue } from "../worker/timer-queue.ts";
import { HeapShrinker } from "./heap-shrinker.ts";
import type { OverloadWorkerSettings } from "./overload-settings.ts";
import type { SharedOverloadState } from "./overload-state.ts";
import { TimerScaling } from "./timer-scaling.ts";

/** Before the thread makes anything of the configuration. `offset`: see `HeapShrinker.start`. */
export function startOverloadActions(
  { timerMinimums, shrinkHeap }: OverloadWorkerSettings,
  state: SharedOverloadState,
  timers: TimerQueue,
  offset: number,
): void {
  if (timerMinimums !== undefined) timers.scaling = new TimerScaling(timerMinimums);
  if (shrinkHeap === undefined) return;
  new HeapShrinker(shrinkHeap, () => state.stateOf("envoy.overload_actions.shrink_heap") >= 1).start(offset);
}

/** What a worker does by itself as overload actions go further or not as far. */
export class WorkerOverload {
  readonly #state: SharedOverloadState;
  readonly #timers: TimerQueue;
  readonly #gate: AcceptGate;

  constructor(state: SharedOverloadState, timers: TimerQueue, gate: AcceptGate) {
    this.#state = state;
    this.#timers = timers;
    this.#gate = gate;
  }

  /** At the start, and when the main thread says that something has changed. */
  apply(): void {
    this.#gate.set(this.#state.stateOf("envoy.overload_actions.stop_accepting_connections") >= 1);
    const { scaling } = this.#timers;
    const reduced = this.#state.stateOf("envoy.overload_actions.reduce_timeouts");
    if (scaling === undefined || scaling.state === reduced) return;
    scaling.state = reduced;
    this.#timers.rescale();
  }
}
