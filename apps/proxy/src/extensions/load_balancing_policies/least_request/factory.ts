import type { Random, Runtime } from "@sluice/extension-api";
import type { LeastRequest } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.js";
import type { Host } from "../../../cluster/thread-local-cluster.ts";
import {
  below,
  type HostPicker,
  type LoadBalancingPolicyFactory,
} from "../../../load-balancer/load-balancer.ts";
import { compileLocalityConfig, type LocalityConfig } from "../../../load-balancer/locality-config.ts";
import { LocalityLoadBalancer } from "../../../load-balancer/locality-load-balancer.ts";
import {
  compileRuntimeDouble,
  type RuntimeDoubleConfig,
  runtimeDouble,
} from "../../../load-balancer/runtime-double.ts";
import { compileSlowStart, SlowStart, type SlowStartConfig } from "../../../load-balancer/slow-start.ts";
import { WeightedPicker, weightsDiffer } from "../../../load-balancer/weighted-picker.ts";

interface LeastRequestConfig {
  /** How many random hosts are compared. */
  readonly choiceCount: number;
  /** All hosts are compared. */
  readonly fullScan: boolean;
  /** With unequal weights: the exponent of the active requests by which a weight is divided. */
  readonly bias: RuntimeDoubleConfig;
  readonly locality: LocalityConfig;
  readonly slowStart: SlowStartConfig | undefined;
}

/** `selection_method`. */
const FULL_SCAN = 1;

/** The least loaded of `choiceCount` random hosts. */
class ChoicePicker implements HostPicker {
  readonly #hosts: readonly Host[];
  readonly #random: Random;
  readonly #choiceCount: number;

  constructor(hosts: readonly Host[], random: Random, choiceCount: number) {
    this.#hosts = hosts;
    this.#random = random;
    this.#choiceCount = choiceCount;
  }
  pick(): Host | undefined {
    const hosts = this.#hosts;
    // As Envoy, which compares none then, and finds nobody.
    if (this.#choiceCount === 0) return undefined;
    if (hosts.length === 1) return hosts[0];
    let best = hosts[below(this.#random, hosts.length)];
    let fewest = best?.requestsInFlight() ?? 0;
    for (let choice = 1; choice < this.#choiceCount; choice++) {
      const other = hosts[below(this.#random, hosts.length)];
      const active = other?.requestsInFlight() ?? 0;
      if (active >= fewest) continue;
      best = other;
      fewest = active;
    }
    return best;
  }
}

/** The least loaded of all; among equals any. */
class ScanPicker implements HostPicker {
  readonly #hosts: readonly Host[];
  readonly #random: Random;

  constructor(hosts: readonly Host[], random: Random) {
    this.#hosts = hosts;
    this.#random = random;
  }
  pick(): Host | undefined {
    let best: Host | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    let equals = 0;
    for (const host of this.#hosts) {
      const active = host.requestsInFlight();
      if (active < fewest) {
        best = host;
        fewest = active;
        equals = 1;
      } else if (active === fewest && below(this.#random, ++equals) === 0) best = host;
    }
    return best;
  }
}

export const leastRequestFactory: LoadBalancingPolicyFactory<LeastRequestConfig> = {
  timesHosts: ({ slowStart }) => slowStart !== undefined,
  compile(message) {
    const given = asLeastRequest(message);
    return {
      ok: true,
      value: {
        choiceCount: given.choiceCount ?? 2,
        fullScan: given.selectionMethod === FULL_SCAN || given.enableFullScan === true,
        bias: compileRuntimeDouble(given.activeRequestBias, 1),
        locality: compileLocalityConfig(given.localityLbConfig),
        slowStart: compileSlowStart(given.slowStartConfig),
      },
    };
  },
  create(config, context) {
    const { random, clock, runtime } = context;
    const slow = config.slowStart === undefined ? undefined : new SlowStart(config.slowStart, clock, runtime);
    const weight = (host: Host): number =>
      (host.weight / loadOf(host, config.bias, runtime)) * (slow?.factor(host) ?? 1);
    return new LocalityLoadBalancer(
      context,
      config.locality,
      (hosts) => {
        if (hosts.length > 1 && (weightsDiffer(hosts) || slow?.active === true))
          return new WeightedPicker(hosts, random, weight);
        return config.fullScan
          ? new ScanPicker(hosts, random)
          : new ChoicePicker(hosts, random, config.choiceCount);
      },
      slow,
    );
  },
};

function loadOf(host: Host, bias: RuntimeDoubleConfig, runtime: Runtime): number {
  const exponent = runtimeDouble(bias, runtime);
  if (exponent === 1) return host.requestsInFlight() + 1;
  // As Envoy: a negative exponent is not taken.
  return exponent > 0
    ? (host.requestsInFlight() + 1) ** exponent
    : exponent === 0
      ? 1
      : host.requestsInFlight() + 1;
}

/** The registry found this factory by the message's type. */
function asLeastRequest(message: unknown): LeastRequest {
  return message as LeastRequest;
}
