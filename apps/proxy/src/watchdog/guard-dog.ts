/** A `Watchdog` of the bootstrap; 0: never. */
export interface WatchdogSettings {
  readonly missMs: number;
  readonly megaMissMs: number;
  readonly killMs: number;
  readonly multikillMs: number;
  /** Share of the watched threads, from 0 to 1, that must hang for `multikillMs`; two at least. */
  readonly multikillShare: number;
}

export interface GuardDogSetup {
  readonly main: WatchdogSettings;
  readonly worker: WatchdogSettings;
  /** As of `HeartbeatPage`. */
  readonly lastBeats: SharedArrayBuffer;
  /** Written here: for each thread its misses, then its mega misses. */
  readonly misses: SharedArrayBuffer;
}

/** Counts a thread's misses, and says when the process has to end. */
export class GuardDog {
  private readonly setup: GuardDogSetup;
  private readonly beats: Float64Array;
  private readonly misses: Int32Array;
  /** The beat behind which a thread's silence was counted already. */
  private readonly missedAfter: Float64Array;
  private readonly megaMissedAfter: Float64Array;

  constructor(setup: GuardDogSetup) {
    this.setup = setup;
    this.beats = new Float64Array(setup.lastBeats);
    this.misses = new Int32Array(setup.misses);
    this.missedAfter = new Float64Array(this.beats.length);
    this.megaMissedAfter = new Float64Array(this.beats.length);
  }

  /** Looks at every thread; answers why the process has to end, or "". A silence counts once, however long it lasts. */
  check(nowMs: number): string {
    const { main, worker } = this.setup;
    // As Envoy, each kind of thread has its own timeout and its own share, of its own threads.
    const workers = this.checkThreads(worker, 1, this.beats.length, nowMs);
    return this.checkThreads(main, 0, 1, nowMs) || workers;
  }

  private checkThreads(settings: WatchdogSettings, from: number, to: number, nowMs: number): string {
    let watched = 0;
    let hung = 0;
    let end = "";
    for (let thread = from; thread < to; thread++) {
      const last = this.beats[thread] ?? 0;
      if (last === 0) continue;
      watched++;
      const silentMs = nowMs - last;
      if (silentMs > settings.missMs) this.count(this.missedAfter, thread, last, 0);
      if (silentMs > settings.megaMissMs) this.count(this.megaMissedAfter, thread, last, 1);
      if (settings.killMs > 0 && silentMs > settings.killMs) {
        end = `${threadName(thread)} has not answered for ${Math.round(silentMs)} ms (kill_timeout)`;
      }
      if (settings.multikillMs > 0 && silentMs > settings.multikillMs) hung++;
    }
    if (end === "" && hung >= Math.max(2, Math.ceil(settings.multikillShare * watched))) {
      end = `${hung} threads have not answered for ${settings.multikillMs} ms (multikill_timeout)`;
    }
    return end;
  }

  private count(counted: Float64Array, thread: number, last: number, kind: 0 | 1): void {
    if (counted[thread] === last) return;
    counted[thread] = last;
    Atomics.add(this.misses, thread * 2 + kind, 1);
  }
}

export function threadName(thread: number): string {
  return thread === 0 ? "main_thread" : `worker_${thread - 1}`;
}
