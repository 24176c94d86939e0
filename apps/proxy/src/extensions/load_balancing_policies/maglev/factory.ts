import type { Maglev } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.js";
import { HashLoadBalancer, type HashSettings } from "../../../load-balancer/hash-load-balancer.ts";
import { compileHashSettings, hashProblem } from "../../../load-balancer/hash-settings.ts";
import type { LoadBalancingPolicyFactory } from "../../../load-balancer/load-balancer.ts";
import { MaglevTable } from "./table.ts";

interface MaglevConfig {
  /** Slots; a prime number. */
  readonly tableSize: number;
  readonly hashing: HashSettings;
}

export const maglevFactory: LoadBalancingPolicyFactory<MaglevConfig> = {
  compile(message, { path }) {
    const given = asMaglev(message);
    const tableSize = Number(given.tableSize ?? 65_537n);
    if (!isPrime(tableSize)) {
      return { ok: false, problems: [hashProblem(`${path}.table_size`, "must be a prime number")] };
    }
    const hashing = compileHashSettings(given, path);
    return hashing.ok ? { ok: true, value: { tableSize, hashing: hashing.value } } : hashing;
  },
  create({ tableSize, hashing }, context) {
    const scope = context.scope.scope("maglev_lb");
    const fewest = scope.gauge("min_entries_per_host");
    const most = scope.gauge("max_entries_per_host");
    return new HashLoadBalancer(context, hashing, (weights) => {
      const table = new MaglevTable(weights, tableSize, hashing.useHostname);
      if (context.workerIndex === 0 && weights.hosts.length > 0) {
        // As Envoy, which needs no table for a single host.
        const lone = weights.hosts.length === 1;
        fewest.set(lone ? 1 : table.minEntriesPerHost);
        most.set(lone ? 1 : table.maxEntriesPerHost);
      }
      return table;
    });
  },
};

function isPrime(value: number): boolean {
  if (value < 2) return false;
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false;
  return true;
}

/** The registry found this factory by the message's type. */
function asMaglev(message: unknown): Maglev {
  return message as Maglev;
}
