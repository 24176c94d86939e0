import type { Random } from "@sluice/extension-api";
import type { RoundRobin } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.js";
import type { Host } from "../../../cluster/thread-local-cluster.ts";
import {
  below,
  type HostPicker,
  type LoadBalancingPolicyFactory,
} from "../../../load-balancer/load-balancer.ts";
import { compileLocalityConfig, type LocalityConfig } from "../../../load-balancer/locality-config.ts";
import { LocalityLoadBalancer } from "../../../load-balancer/locality-load-balancer.ts";
import { compileSlowStart, SlowStart, type SlowStartConfig } from "../../../load-balancer/slow-start.ts";
import { WeightedPicker, weightsDiffer } from "../../../load-balancer/weighted-picker.ts";

interface RoundRobinConfig {
  readonly locality: LocalityConfig;
  readonly slowStart: SlowStartConfig | undefined;
}

/** Each in turn, from a random start so that workers do not move in step. */
class TurnPicker implements HostPicker {
  readonly #hosts: readonly Host[];
  #next: number;

  constructor(hosts: readonly Host[], random: Random, previous: HostPicker | undefined) {
    this.#hosts = hosts;
    this.#next = previous instanceof TurnPicker ? previous.#next % hosts.length : below(random, hosts.length);
  }
  pick(): Host | undefined {
    const host = this.#hosts[this.#next];
    this.#next = this.#next + 1 < this.#hosts.length ? this.#next + 1 : 0;
    return host;
  }
}

export const roundRobinFactory: LoadBalancingPolicyFactory<RoundRobinConfig> = {
  timesHosts: ({ slowStart }) => slowStart !== undefined,
  compile(message) {
    const { localityLbConfig, slowStartConfig } = asRoundRobin(message);
    return {
      ok: true,
      value: {
        locality: compileLocalityConfig(localityLbConfig),
        slowStart: compileSlowStart(slowStartConfig),
      },
    };
  },
  create({ locality, slowStart }, context) {
    const { random, clock, runtime } = context;
    const slow = slowStart === undefined ? undefined : new SlowStart(slowStart, clock, runtime);
    const weight = (host: Host): number => host.weight * (slow?.factor(host) ?? 1);
    return new LocalityLoadBalancer(
      context,
      locality,
      (hosts, previous) =>
        hosts.length > 1 && (weightsDiffer(hosts) || slow?.active === true)
          ? new WeightedPicker(hosts, random, weight)
          : new TurnPicker(hosts, random, previous),
      slow,
      true,
    );
  },
};

/** The registry found this factory by the message's type. */
function asRoundRobin(message: unknown): RoundRobin {
  return message as RoundRobin;
}
