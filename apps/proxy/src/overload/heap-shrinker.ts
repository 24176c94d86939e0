import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ShrinkHeapSettings } from "./overload-settings.ts";

/** Below the action's name. */
export const SHRINK_COUNTER = "shrink_count";

/** A thread's heap. */
export interface ShrinkableHeap {
  /** Memory that the system has given for it. */
  heldBytes(): number;
  /** Collects all garbage and gives free pages back, while the thread stands still. Answers what is still alive. */
  shrink(): number;
}

/**
 * `envoy.overload_actions.shrink_heap` in one thread. V8 keeps pages for later that hold nothing any more, and garbage until it
 * wants room; under pressure it is made to give both back, unless what it holds beyond what was alive last time is little.
 */
export class HeapShrinker {
  readonly #settings: ShrinkHeapSettings;
  readonly #isActive: () => boolean;
  readonly #heap: ShrinkableHeap;
  readonly #onTick: () => void;
  #timer: NodeJS.Timeout | undefined = undefined;
  #aliveBytes = 0;

  /** `onTick`: it is active, whether or not there was enough to give back. */
  constructor(
    settings: ShrinkHeapSettings,
    isActive: () => boolean,
    onTick: () => void = () => {},
    heap = v8Heap(),
  ) {
    this.#settings = settings;
    this.#isActive = isActive;
    this.#onTick = onTick;
    this.#heap = heap;
  }

  /** `offset`: the share of an interval that it is behind other threads, so that not all stand still at once. */
  start(offset: number): void {
    const { intervalMs } = this.#settings;
    this.#timer = setTimeout(
      () => {
        this.#timer = setInterval(() => this.tick(), intervalMs);
        this.#timer.unref();
        this.tick();
      },
      intervalMs * (1 + offset),
    );
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  tick(): void {
    if (!this.#isActive()) return;
    this.#onTick();
    const unfreedBytes = this.#heap.heldBytes() - this.#aliveBytes;
    if (unfreedBytes > this.#settings.unfreedBytesMax) this.#aliveBytes = this.#heap.shrink();
  }
}

type CollectGarbage = (options: {
  readonly type: "major";
  readonly execution: "sync";
  readonly flavor: "last-resort";
}) => void;

function v8Heap(): ShrinkableHeap {
  let collect: CollectGarbage | undefined;
  return {
    heldBytes: () => getHeapStatistics().total_physical_size,
    shrink: () => {
      collect ??= garbageCollector();
      collect({ type: "major", execution: "sync", flavor: "last-resort" });
      return getHeapStatistics().used_heap_size;
    },
  };
}

/** V8 gives `gc` to contexts that are made behind this flag. */
function garbageCollector(): CollectGarbage {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as CollectGarbage;
}
