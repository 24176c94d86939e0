import type { TimerMinimums } from "../event/timer-scaling.ts";

/** When memory is given back to the system. */
export interface ShrinkHeapSettings {
  /** How often it is looked at; default 10 s. */
  readonly intervalMs: number;
  /** What V8 may keep without use; default 100 MiB. */
  readonly unfreedBytesMax: number;
}

/** What a worker knows of the overload manager from its start; of an action that is not configured, nothing. */
export interface OverloadWorkerSettings {
  readonly timerMinimums?: TimerMinimums;
  readonly shrinkHeap?: ShrinkHeapSettings;
  /** Streams that hold less are not reset, in octets. */
  readonly resetStreamsFromBytes?: number;
}
