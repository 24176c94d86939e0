import { any, type Dice, type Json, type JsonObject } from "../generated/dice.ts";
import { STAGES, VERSIONS } from "./hosts.ts";

const POLICIES = "envoy.extensions.load_balancing_policies";

export interface MadePolicy {
  /** Fields of the cluster. */
  readonly fields: JsonObject;
  /** The same hash leads to the same host. */
  readonly byHash: boolean;
  /** Hosts' own weights hold only until weights are first computed, a second after the start. */
  readonly ownWeights?: false;
}

/** How a cluster balances: by `lb_policy` and what goes with it, or by `load_balancing_policy`. */
export function balancing(dice: Dice): MadePolicy {
  return dice.chance(0.5) ? older(dice) : newer(dice);
}

const percent = (dice: Dice): JsonObject => ({ value: dice.pick([0, 1, 25, 50, 70, 90, 100]) });

/** A hash balance factor depends on what is under way: requests come one after the other, so that it changes nothing. */
function consistent(dice: Dice): JsonObject {
  return dice.fields({
    use_hostname_for_hashing: [0.4, () => true],
    hash_balance_factor: [0.2, () => dice.pick([100, 150])],
  });
}

function zoneAware(dice: Dice): JsonObject {
  return dice.fields({
    routing_enabled: [0.2, () => percent(dice)],
    min_cluster_size: [0.8, () => dice.pick([1, 2, 4])],
    fail_traffic_on_panic: [0.3, () => true],
  });
}

function older(dice: Dice): MadePolicy {
  const policy = dice.pick(["ROUND_ROBIN", "LEAST_REQUEST", "RANDOM", "RING_HASH", "MAGLEV"]);
  const own: Readonly<Record<string, () => JsonObject>> = {
    LEAST_REQUEST: () => ({
      least_request_lb_config: dice.fields({ choice_count: [0.6, () => dice.pick([2, 3, 9])] }),
    }),
    RING_HASH: () => ({
      ring_hash_lb_config: dice.fields({
        minimum_ring_size: [0.5, () => dice.pick([1, 16, 100, 2000])],
        maximum_ring_size: [0.3, () => dice.pick([2000, 4096])],
        hash_function: [0.4, () => dice.pick(["XX_HASH", "MURMUR_HASH_2"])],
      }),
    }),
    MAGLEV: () => ({
      maglev_lb_config: dice.fields({ table_size: [0.5, () => dice.pick([7, 101, 65537])] }),
    }),
  };
  const locality = dice.one<JsonObject>(
    () => ({}),
    () => ({ locality_weighted_lb_config: {} }),
    () => ({ zone_aware_lb_config: zoneAware(dice) }),
  );
  const weighted = "locality_weighted_lb_config" in locality;
  return {
    byHash: policy === "RING_HASH" || policy === "MAGLEV",
    fields: {
      lb_policy: policy,
      ...dice.fields({
        lb_subset_config: [0.4, () => subsets(dice, weighted)],
      }),
      ...(own[policy]?.() ?? {}),
      common_lb_config: {
        ...locality,
        ...dice.fields({
          healthy_panic_threshold: [0.5, () => percent(dice)],
          consistent_hashing_lb_config: [
            0.3,
            () => ({ ...consistent(dice), use_hostname_for_hashing: false }),
          ],
        }),
      },
    },
  };
}

/** `weighted`: localities have weights, which subsets may heed then. */
function subsets(dice: Dice, weighted: boolean): JsonObject {
  return {
    fallback_policy: dice.pick(["NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET"]),
    default_subset: dice.fields({ stage: [0.8, () => dice.pick(STAGES)] }),
    subset_selectors: [
      { keys: ["stage"], ...selectorFallback(dice, ["stage"]) },
      { keys: ["stage", "version"], ...selectorFallback(dice, ["stage", "version"]) },
      ...(dice.chance(0.3) ? [{ keys: ["tags"] }] : []),
    ],
    ...dice.fields({
      locality_weight_aware: [weighted ? 0.6 : 0, () => true],
      scale_locality_weight: [0.3, () => true],
      panic_mode_any: [0.3, () => true],
      list_as_any: [0.4, () => true],
      metadata_fallback_policy: [0.2, () => "FALLBACK_LIST"],
    }),
  };
}

function selectorFallback(dice: Dice, keys: readonly string[]): JsonObject {
  const policy = dice.pick(["NOT_DEFINED", "NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET", "KEYS_SUBSET"]);
  if (policy !== "KEYS_SUBSET") return { fallback_policy: policy };
  if (keys.length < 2) return {};
  return { fallback_policy: policy, fallback_keys_subset: [keys[0] ?? ""] };
}

function newer(dice: Dice): MadePolicy {
  const made = leaf(dice);
  const whole = dice.one<MadePolicy>(
    () => made,
    () => made,
    () => ({ ...made, fields: policyOf(`${POLICIES}.subset.v3.Subset`, subsetPolicy(dice, made.fields)) }),
    wrr,
    () => ({
      ...made,
      fields: policyOf(`${POLICIES}.override_host.v3.OverrideHost`, {
        override_host_sources: [{ header: "x-override" }],
        fallback_policy: made.fields,
      }),
    }),
  );
  return {
    ...whole,
    fields: {
      load_balancing_policy: whole.fields,
      ...dice.fields({
        common_lb_config: [0.5, () => dice.fields({ healthy_panic_threshold: [0.8, () => percent(dice)] })],
      }),
    },
  };
}

const policyOf = (type: string, fields: JsonObject): JsonObject => ({
  policies: [{ typed_extension_config: { name: type, typed_config: any(type, fields) } }],
});

/** Without load reports of the hosts all of a locality weigh the same. */
function wrr(): MadePolicy {
  const picking = policyOf(
    `${POLICIES}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`,
    {},
  );
  return {
    byHash: false,
    ownWeights: false,
    fields: policyOf(`${POLICIES}.wrr_locality.v3.WrrLocality`, { endpoint_picking_policy: picking }),
  };
}

function localityConfig(dice: Dice): JsonObject {
  return dice.one<JsonObject>(
    () => ({}),
    () => ({ locality_lb_config: { locality_weighted_lb_config: {} } }),
    () => ({ locality_lb_config: { zone_aware_lb_config: zoneAware(dice) } }),
  );
}

function leaf(dice: Dice): MadePolicy {
  const hashed = (): Json => consistent(dice);
  const weighted = { locality_weighted_lb_config: [0.4, () => ({})] } as const;
  return dice.one<MadePolicy>(
    () => ({
      byHash: false,
      fields: policyOf(`${POLICIES}.round_robin.v3.RoundRobin`, localityConfig(dice)),
    }),
    () => ({ byHash: false, fields: policyOf(`${POLICIES}.random.v3.Random`, localityConfig(dice)) }),
    () => ({
      byHash: false,
      fields: policyOf(`${POLICIES}.least_request.v3.LeastRequest`, {
        ...localityConfig(dice),
        ...dice.fields({
          choice_count: [0.4, () => 3],
          selection_method: [0.3, () => "FULL_SCAN"],
        }),
      }),
    }),
    () => ({
      byHash: true,
      fields: policyOf(
        `${POLICIES}.ring_hash.v3.RingHash`,
        dice.fields({
          hash_function: [0.5, () => dice.pick(["XX_HASH", "MURMUR_HASH_2"])],
          minimum_ring_size: [0.5, () => dice.pick([1, 64, 3000])],
          consistent_hashing_lb_config: [0.5, hashed],
          ...weighted,
        }),
      ),
    }),
    () => ({
      byHash: true,
      fields: policyOf(
        `${POLICIES}.maglev.v3.Maglev`,
        dice.fields({
          table_size: [0.5, () => dice.pick([11, 251, 65537])],
          consistent_hashing_lb_config: [0.5, hashed],
          ...weighted,
        }),
      ),
    }),
  );
}

function subsetPolicy(dice: Dice, inner: JsonObject): JsonObject {
  const weighted = JSON.stringify(inner).includes("locality_weighted_lb_config");
  return { ...subsets(dice, weighted), subset_lb_policy: inner };
}

/** `metadata_match` of a route. */
export function metadataMatch(dice: Dice): JsonObject {
  const wanted = dice.fields({
    stage: [0.8, () => dice.pick([...STAGES, "gone"])],
    version: [0.4, () => dice.pick([...VERSIONS, "9"])],
    tags: [0.1, () => dice.pick(VERSIONS)],
    fallback_list: [0.2, () => dice.times(1, 2, () => ({ stage: dice.pick(STAGES) }))],
  });
  return { filter_metadata: { "envoy.lb": wanted } };
}
