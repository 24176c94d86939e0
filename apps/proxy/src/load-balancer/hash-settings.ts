import type { Compiled, Problem } from "@sluice/extension-api";
import type { Maglev } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.js";
import type { RingHash } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.js";
import type { HashSettings } from "./hash-load-balancer.ts";
import { compileHashPolicy } from "./hash-policy.ts";

/** What `consistent_hashing_lb_config` and `locality_weighted_lb_config` say, in both policies. */
export function compileHashSettings(
  config: Pick<RingHash | Maglev, "consistentHashingLbConfig" | "localityWeightedLbConfig">,
  path: string,
  old: Partial<Pick<RingHash, "useHostnameForHashing" | "hashBalanceFactor">> = {},
): Compiled<HashSettings> {
  const common = config.consistentHashingLbConfig;
  const hashPolicy = common?.hashPolicy ?? [];
  const compiled = compileHashPolicy(hashPolicy, `${path}.consistent_hashing_lb_config.hash_policy`);
  if (!compiled.ok) return compiled;
  const value: HashSettings = {
    hashPolicy,
    byLocality: config.localityWeightedLbConfig !== undefined,
    useHostname: (common ?? old).useHostnameForHashing ?? false,
    balanceFactor: (common ?? old).hashBalanceFactor ?? 0,
  };
  return { ok: true, value };
}

export function hashProblem(path: string, message: string): Problem {
  return { path, message, severity: "error" };
}
