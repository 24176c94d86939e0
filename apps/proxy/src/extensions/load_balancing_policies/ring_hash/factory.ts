import type { RingHash } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.js";
import { HashLoadBalancer, type HashSettings } from "../../../load-balancer/hash-load-balancer.ts";
import { compileHashSettings, hashProblem } from "../../../load-balancer/hash-settings.ts";
import type { LoadBalancingPolicyFactory } from "../../../load-balancer/load-balancer.ts";
import { Ring, type RingConfig } from "./ring.ts";

interface RingHashConfig {
  readonly ring: RingConfig;
  readonly hashing: HashSettings;
}

/** `hash_function`. */
const MURMUR_HASH_2 = 2;

export const ringHashFactory: LoadBalancingPolicyFactory<RingHashConfig> = {
  compile(message, { path }) {
    const given = asRingHash(message);
    const minimumRingSize = Number(given.minimumRingSize ?? 1024n);
    const maximumRingSize = Number(given.maximumRingSize ?? 8_388_608n);
    if (minimumRingSize > maximumRingSize) {
      const what = `minimum_ring_size (${minimumRingSize}) is above maximum_ring_size (${maximumRingSize})`;
      return { ok: false, problems: [hashProblem(path, what)] };
    }
    const murmur = Number(given.hashFunction) === MURMUR_HASH_2;
    const hashing = compileHashSettings(given, path, given);
    if (!hashing.ok) return hashing;
    const ring = { minimumRingSize, maximumRingSize, murmur };
    return { ok: true, value: { ring, hashing: hashing.value } };
  },
  create({ ring, hashing }, context) {
    const scope = context.scope.scope("ring_hash_lb");
    const size = scope.gauge("size");
    const fewest = scope.gauge("min_hashes_per_host");
    const most = scope.gauge("max_hashes_per_host");
    return new HashLoadBalancer(context, hashing, (weights) => {
      const built = new Ring(weights, ring, hashing.useHostname);
      if (context.workerIndex === 0 && weights.hosts.length > 0) {
        size.set(built.size.size);
        fewest.set(built.size.minHashesPerHost);
        most.set(built.size.maxHashesPerHost);
      }
      return built;
    });
  },
};

/** The registry found this factory by the message's type. */
function asRingHash(message: unknown): RingHash {
  return message as RingHash;
}
