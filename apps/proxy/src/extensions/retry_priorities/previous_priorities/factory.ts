import type { PreviousPrioritiesConfig } from "@sluice/xds/gen/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config_pb.js";
import type { Host } from "../../../cluster/thread-local-cluster.ts";
import {
  distributePriorityLoad,
  type PriorityLoads,
  type PriorityState,
} from "../../../load-balancer/priority-load.ts";
import type { RetryPriority, RetryPriorityFactory } from "../../../load-balancer/retry-extensions.ts";

/** Leaves out the priorities that a request has been sent to, until there is none left. */
class PreviousPriorities implements RetryPriority {
  private readonly updateFrequency: number;
  private attempted: number[] = [];
  private loads: PriorityLoads | undefined = undefined;

  constructor(updateFrequency: number) {
    this.updateFrequency = updateFrequency;
  }

  onHostAttempted(host: Host): void {
    this.attempted.push(host.priority);
  }

  readonly adjustPriorityLoad = (state: PriorityState): PriorityLoads => {
    const count = this.attempted.length;
    if (count < this.updateFrequency) return state.loads;
    if (this.loads === undefined || count % this.updateFrequency === 0) {
      this.loads = this.withoutAttempted(state);
    }
    return this.loads;
  };

  private withoutAttempted({ availability, loads }: PriorityState): PriorityLoads {
    const keep = (list: readonly number[]): number[] =>
      list.map((share, priority) => (this.attempted.includes(priority) ? 0 : share));
    const left = { healthy: keep(availability.healthy), degraded: keep(availability.degraded) };
    if (left.healthy.some((share) => share > 0) || left.degraded.some((share) => share > 0)) {
      return distributePriorityLoad(left);
    }
    this.attempted = [];
    return loads;
  }
}

export const previousPrioritiesFactory: RetryPriorityFactory = {
  compile(config) {
    const { updateFrequency } = asConfig(config);
    return { ok: true, value: () => new PreviousPriorities(updateFrequency) };
  },
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(config: unknown): PreviousPrioritiesConfig {
  return config as PreviousPrioritiesConfig;
}
