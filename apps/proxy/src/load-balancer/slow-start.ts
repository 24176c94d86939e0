import type { Clock, Runtime } from "@sluice/extension-api";
import type { Cluster_SlowStartConfig } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { SlowStartConfig as SlowStartMessage } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/common/v3/common_pb.js";
import type { Host } from "../cluster/thread-local-cluster.ts";
import { durationMs } from "../config-message/duration-ms.ts";
import { compileRuntimeDouble, type RuntimeDoubleConfig, runtimeDouble } from "./runtime-double.ts";

/** `slow_start_config`; plain data. */
export interface SlowStartConfig {
  readonly windowMs: number;
  readonly aggression: RuntimeDoubleConfig;
  /** 0…1; default 0.1. */
  readonly minWeight: number;
}

/** Undefined where there is none or its window is 0. */
export function compileSlowStart(
  config: SlowStartMessage | Cluster_SlowStartConfig | undefined,
): SlowStartConfig | undefined {
  const windowMs = durationMs(config?.slowStartWindow, 0);
  if (config === undefined || windowMs <= 0) return undefined;
  return {
    windowMs,
    aggression: compileRuntimeDouble(config.aggression, 1),
    minWeight: (config.minWeightPercent?.value ?? 10) / 100,
  };
}

/** Hosts that became healthy lately get a part of their weight, more and more of it over the window. */
export class SlowStart {
  readonly #config: SlowStartConfig;
  readonly #clock: Clock;
  readonly #runtime: Runtime;
  /** Until then some host may be in its window. */
  #until: number;

  constructor(config: SlowStartConfig, clock: Clock, runtime: Runtime) {
    this.#config = config;
    this.#clock = clock;
    this.#runtime = runtime;
    this.#until = clock.nowMs() + config.windowMs;
  }

  /** Starts the window of hosts that are healthy for the first time. */
  note(hosts: readonly Host[]): void {
    const now = this.#clock.nowMs();
    for (const host of hosts) {
      if (host.health !== "healthy") continue;
      host.healthySinceMs ??= now;
      this.#until = Math.max(this.#until, host.healthySinceMs + this.#config.windowMs);
    }
  }

  get active(): boolean {
    return this.#clock.nowMs() <= this.#until;
  }

  /** The part of its weight that the host gets now, 0…1. */
  factor(host: Host): number {
    if (host.healthySinceMs === undefined || host.health !== "healthy") return 1;
    const { windowMs, aggression, minWeight } = this.#config;
    const elapsed = this.#clock.nowMs() - host.healthySinceMs;
    if (elapsed >= windowMs) return 1;
    const given = runtimeDouble(aggression, this.#runtime);
    const exponent = given > 0 ? 1 / given : 1;
    return Math.max((Math.max(1, elapsed) / windowMs) ** exponent, minWeight);
  }
}
