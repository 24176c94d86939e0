import type { Dice, JsonObject } from "../generated/dice.ts";

/** Hosts are addresses of the loopback net, at all of which the one upstream listens. */
export class HostAddresses {
  private next = 1;

  take(): string {
    const at = this.next++;
    return `127.1.${at >> 7}.${(at & 127) + 1}`;
  }
}

const STATUSES = ["HEALTHY", "UNKNOWN", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"] as const;

export const STAGES = ["prod", "dev"] as const;
export const VERSIONS = ["1", "2", "3"] as const;
const ZONES = ["a", "b", "c"] as const;

/** `endpoints` of a load assignment, in localities of one to three priorities. */
export function localities(
  dice: Dice,
  addresses: HostAddresses,
  wellness: number,
  ownWeights = true,
): JsonObject[] {
  const priorities = dice.pick([1, 1, 1, 2, 3]);
  return Array.from({ length: priorities }, (_, priority) =>
    dice.times(1, 3, (at) => ({
      ...(at === 0 && dice.chance(0.3)
        ? {}
        : {
            locality: { region: "r", zone: ZONES[at] ?? "a", ...dice.fields({ sub_zone: [0.2, () => "s"] }) },
          }),
      priority,
      lb_endpoints: dice.times(0, 5, () => host(dice, addresses.take(), wellness, ownWeights)),
      ...dice.fields({ load_balancing_weight: [0.6, () => dice.pick([1, 2, 3, 10])] }),
    })),
  ).flat();
}

function host(dice: Dice, address: string, wellness: number, ownWeights: boolean): JsonObject {
  const metadata = dice.fields({
    stage: [0.8, () => dice.pick(STAGES)],
    version: [0.7, () => dice.pick(VERSIONS)],
    tags: [0.2, () => dice.some(VERSIONS, 2)],
    hash_key: [0.1, () => `key-${address}`],
  });
  return {
    endpoint: {
      address: { socket_address: { address, port_value: "{{port}}" } },
      // Which of hosts with the same name a ring or table has first is chance.
      hostname: `${address}.test`,
    },
    ...(dice.chance(wellness) ? {} : { health_status: dice.pick(STATUSES) }),
    ...dice.fields({ load_balancing_weight: [ownWeights ? 0.4 : 0, () => dice.pick([1, 2, 5, 50])] }),
    metadata: { filter_metadata: { "envoy.lb": metadata } },
  };
}
