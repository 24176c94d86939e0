import type { StatsScope } from "@sluice/extension-api";
import type { TimerQueue } from "../event/timer-queue.ts";
import { TimerScaling } from "../event/timer-scaling.ts";
import { HeapShrinker } from "./heap-shrinker.ts";
import { HighMemoryStreams } from "./high-memory-streams.ts";
import type { OverloadWorkerSettings } from "./overload-settings.ts";
import type { SharedOverloadState } from "./overload-state.ts";

const RESET_STREAMS = "envoy.overload_actions.reset_high_memory_stream";

/** Where the action is configured. */
export function highMemoryStreams(
  { resetStreamsFromBytes }: OverloadWorkerSettings,
  stats: StatsScope,
): HighMemoryStreams | undefined {
  if (resetStreamsFromBytes === undefined) return undefined;
  const counter = stats.counter(`${RESET_STREAMS}.count`);
  return new HighMemoryStreams(resetStreamsFromBytes, (count) => counter.add(count));
}

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

/** Whether the worker takes connections. */
interface Gate {
  set(closed: boolean): void;
}

/** What a worker does by itself as overload actions go further or not as far. */
export class WorkerOverload {
  readonly #state: SharedOverloadState;
  readonly #timers: TimerQueue;
  readonly #gate: Gate;
  readonly #streams: HighMemoryStreams | undefined;

  constructor(
    state: SharedOverloadState,
    timers: TimerQueue,
    gate: Gate,
    streams: HighMemoryStreams | undefined,
  ) {
    this.#state = state;
    this.#timers = timers;
    this.#gate = gate;
    this.#streams = streams;
  }

  /** At the start, and when the main thread says that something has changed. */
  apply(): void {
    this.#gate.set(this.#state.stateOf("envoy.overload_actions.stop_accepting_connections") >= 1);
    this.#streams?.apply(this.#state.stateOf(RESET_STREAMS));
    const { scaling } = this.#timers;
    const reduced = this.#state.stateOf("envoy.overload_actions.reduce_timeouts");
    if (scaling === undefined || scaling.state === reduced) return;
    scaling.state = reduced;
    this.#timers.rescale();
  }
}
