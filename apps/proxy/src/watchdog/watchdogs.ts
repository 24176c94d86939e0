import { Worker } from "node:worker_threads";
import { create } from "@bufbuild/protobuf";
import type { Compiled, Counter, Problem, Random, StatsScope } from "@sluice/extension-api";
import {
  type Bootstrap,
  type Watchdog,
  type Watchdogs as WatchdogsConfig,
  WatchdogsSchema,
} from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { SupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { type GuardDogSetup, threadName, type WatchdogSettings } from "./guard-dog.ts";
import type { GuardThreadInit } from "./guard-thread.ts";
import { allocateHeartbeats, beat, type HeartbeatPage } from "./heartbeats.ts";

/** Part of the bootstrap's. */
export const WATCHDOG_SUPPORTED_FIELDS: SupportedFields = {
  "envoy.config.bootstrap.v3.Watchdogs": ["main_thread_watchdog", "worker_watchdog"],
  "envoy.config.bootstrap.v3.Watchdog": [
    "miss_timeout",
    "megamiss_timeout",
    "kill_timeout",
    "max_kill_timeout_jitter",
    "multikill_timeout",
    "multikill_threshold",
  ],
  "envoy.type.v3.Percent": ["value"],
};

const INTERVAL_MS_MIN = 1;

interface Dependencies {
  readonly concurrency: number;
  readonly stats: StatsScope;
  readonly random: Random;
  /** See `StatsRegistry.onRead`. */
  onRead(refresh: () => void): void;
}

/** `watchdogs`, or the older `watchdog`, which is for all threads. */
export function chosenWatchdogs({ watchdog, watchdogs }: Bootstrap): Compiled<WatchdogsConfig | undefined> {
  if (watchdog === undefined) return { ok: true, value: watchdogs };
  if (watchdogs === undefined) {
    const both = { mainThreadWatchdog: watchdog, workerWatchdog: watchdog };
    return { ok: true, value: create(WatchdogsSchema, both) };
  }
  const message = "only one of watchdog and watchdogs can be set";
  return { ok: false, problems: [{ path: "watchdog", message, severity: "error" }] };
}

/**
 * `watchdogs` of the bootstrap: every thread shows in shared memory that its event loop turns, and a thread of its own looks at that,
 * counts who is late and ends the process (SIGABRT) when one hangs for too long. Without `watchdogs` there is no such thread.
 */
export class Watchdogs {
  /** For the workers. */
  readonly page: HeartbeatPage | undefined;
  private readonly init: GuardThreadInit | undefined;
  private thread: Worker | undefined = undefined;
  private stopBeating: () => void = () => {};

  private constructor(init: GuardThreadInit | undefined, page: HeartbeatPage | undefined) {
    this.init = init;
    this.page = page;
  }

  static compile(config: WatchdogsConfig | undefined, path: string, use: Dependencies): Compiled<Watchdogs> {
    if (config === undefined) return { ok: true, value: new Watchdogs(undefined, undefined) };
    const problems: Problem[] = [];
    const main = compileWatchdog(config.mainThreadWatchdog, `${path}.main_thread_watchdog`, use, problems);
    const worker = compileWatchdog(config.workerWatchdog, `${path}.worker_watchdog`, use, problems);
    if (problems.length > 0) return { ok: false, problems };
    const timeouts = [main, worker].flatMap((one) => [
      one.missMs,
      one.megaMissMs,
      one.killMs,
      one.multikillMs,
    ]);
    const intervalMs = Math.max(INTERVAL_MS_MIN, Math.min(...timeouts.filter((ms) => ms > 0)) / 2);
    const threads = use.concurrency + 1;
    const page = allocateHeartbeats(threads, intervalMs);
    const misses = new SharedArrayBuffer(threads * 2 * Int32Array.BYTES_PER_ELEMENT);
    const init: GuardThreadInit = { main, worker, lastBeats: page.lastBeats, misses, intervalMs };
    countMisses(init, use);
    return { ok: true, value: new Watchdogs(init, page) };
  }

  /** Watches the main thread from now on, and workers from when they begin to show that they live. */
  start(): void {
    if (this.init === undefined || this.page === undefined) return;
    this.stopBeating = beat(this.page, 0);
    this.thread = new Worker(new URL("./guard-thread.ts", import.meta.url), {
      name: "guard_dog",
      workerData: this.init,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    this.thread.unref();
  }

  /** A worker is gone: until another takes its place nobody waits for it. */
  onWorkerExit(workerIndex: number): void {
    if (this.page !== undefined) new Float64Array(this.page.lastBeats)[workerIndex + 1] = 0;
  }

  async stop(): Promise<void> {
    this.stopBeating();
    await this.thread?.terminate();
  }
}

function compileWatchdog(
  config: Watchdog | undefined,
  path: string,
  { random }: Dependencies,
  problems: Problem[],
): WatchdogSettings {
  const killMs = durationMs(config?.killTimeout, 0);
  const jitterMs = durationMs(config?.maxKillTimeoutJitter, 0);
  const settings: WatchdogSettings = {
    missMs: durationMs(config?.missTimeout, 200),
    megaMissMs: durationMs(config?.megamissTimeout, 1000),
    killMs: killMs > 0 ? killMs + Math.floor((random.uint32() / 0x1_0000_0000) * jitterMs) : 0,
    multikillMs: durationMs(config?.multikillTimeout, 0),
    multikillShare: (config?.multikillThreshold?.value ?? 0) / 100,
  };
  for (const [field, ms] of [
    ["miss_timeout", settings.missMs],
    ["megamiss_timeout", settings.megaMissMs],
  ] as const) {
    if (ms <= 0)
      problems.push({ path: `${path}.${field}`, message: "must be more than 0", severity: "error" });
  }
  return settings;
}

/** `<thread>.watchdog_miss` and `…_mega_miss` below `server`, and their sums `main_thread.…` and `workers.…`, as Envoy's. */
function countMisses({ misses }: GuardDogSetup, { stats, onRead }: Dependencies): void {
  const seen = new Int32Array(misses);
  const known = new Int32Array(seen.length);
  const countersOf = (scope: StatsScope): readonly [Counter, Counter] => [
    scope.counter("watchdog_miss"),
    scope.counter("watchdog_mega_miss"),
  ];
  const sums = [countersOf(stats.scope("main_thread")), countersOf(stats.scope("workers"))] as const;
  const own = Array.from({ length: seen.length / 2 }, (_, thread) =>
    countersOf(stats.scope("server").scope(threadName(thread))),
  );
  onRead(() => {
    for (const [thread, counters] of own.entries()) {
      for (const kind of [0, 1] as const) {
        const at = thread * 2 + kind;
        const now = Atomics.load(seen, at);
        const more = now - (known[at] ?? 0);
        if (more === 0) continue;
        known[at] = now;
        counters[kind].add(more);
        sums[thread === 0 ? 0 : 1][kind].add(more);
      }
    }
  });
}
