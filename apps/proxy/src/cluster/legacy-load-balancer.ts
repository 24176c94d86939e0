import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  type Cluster,
  Cluster_LbPolicy,
  type Cluster_SlowStartConfig,
  LoadBalancingPolicySchema,
} from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import {
  type ConsistentHashingLbConfig,
  ConsistentHashingLbConfigSchema,
  type LocalityLbConfig,
  type LocalityLbConfig_LocalityWeightedLbConfig,
  LocalityLbConfig_LocalityWeightedLbConfigSchema,
  LocalityLbConfig_ZoneAwareLbConfigSchema,
  LocalityLbConfigSchema,
  type SlowStartConfig,
  SlowStartConfigSchema,
} from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/common/v3/common_pb.js";
import { LeastRequestSchema } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.js";
import { MaglevSchema } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.js";
import { RandomSchema } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.js";
import {
  RingHash_HashFunction,
  RingHashSchema,
} from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.js";
import { RoundRobinSchema } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.js";
import { SubsetSchema } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.js";

export interface LegacyPolicy {
  readonly schema: DescMessage;
  readonly message: Message;
  /** The field of the cluster that problems are reported under. */
  readonly path: string;
}

/** The message of the extension that `lb_policy`, its `…_lb_config`, `lb_subset_config` and `common_lb_config` stand for. */
export function legacyPolicyMessage(cluster: Cluster): LegacyPolicy | undefined {
  const inner = endpointPolicy(cluster);
  const subset = cluster.lbSubsetConfig;
  if (inner === undefined || subset === undefined || subset.subsetSelectors.length === 0) return inner;
  const message = create(SubsetSchema, {
    fallbackPolicy: Number(subset.fallbackPolicy),
    ...(subset.defaultSubset === undefined ? {} : { defaultSubset: subset.defaultSubset }),
    subsetSelectors: subset.subsetSelectors.map((selector) => ({
      keys: selector.keys,
      singleHostPerSubset: selector.singleHostPerSubset,
      fallbackPolicy: Number(selector.fallbackPolicy),
      fallbackKeysSubset: selector.fallbackKeysSubset,
    })),
    localityWeightAware: subset.localityWeightAware,
    scaleLocalityWeight: subset.scaleLocalityWeight,
    panicModeAny: subset.panicModeAny,
    listAsAny: subset.listAsAny,
    metadataFallbackPolicy: Number(subset.metadataFallbackPolicy),
    subsetLbPolicy: create(LoadBalancingPolicySchema, {
      policies: [
        { typedExtensionConfig: { name: inner.path, typedConfig: anyPack(inner.schema, inner.message) } },
      ],
    }),
  });
  return { schema: SubsetSchema, message, path: "lb_subset_config" };
}

function endpointPolicy(cluster: Cluster): LegacyPolicy | undefined {
  const { lbConfig } = cluster;
  const locality = localityConfig(cluster);
  const given = locality === undefined ? {} : { localityLbConfig: locality };
  const weighted = localityWeighted(cluster);
  const hashing = consistentHashing(cluster);
  switch (cluster.lbPolicy) {
    case Cluster_LbPolicy.ROUND_ROBIN: {
      const config = lbConfig.case === "roundRobinLbConfig" ? lbConfig.value : undefined;
      const message = create(RoundRobinSchema, { ...given, ...slowStart(config?.slowStartConfig) });
      return { schema: RoundRobinSchema, message, path: "round_robin_lb_config" };
    }
    case Cluster_LbPolicy.LEAST_REQUEST: {
      const config = lbConfig.case === "leastRequestLbConfig" ? lbConfig.value : undefined;
      const message = create(LeastRequestSchema, {
        ...given,
        ...slowStart(config?.slowStartConfig),
        ...(config?.choiceCount === undefined ? {} : { choiceCount: config.choiceCount }),
        ...(config?.activeRequestBias === undefined ? {} : { activeRequestBias: config.activeRequestBias }),
      });
      return { schema: LeastRequestSchema, message, path: "least_request_lb_config" };
    }
    case Cluster_LbPolicy.RANDOM:
      return { schema: RandomSchema, message: create(RandomSchema, given), path: "lb_policy" };
    case Cluster_LbPolicy.RING_HASH: {
      const config = lbConfig.case === "ringHashLbConfig" ? lbConfig.value : undefined;
      const message = create(RingHashSchema, {
        ...weighted,
        ...hashing,
        hashFunction:
          config?.hashFunction === 1 ? RingHash_HashFunction.MURMUR_HASH_2 : RingHash_HashFunction.XX_HASH,
        ...(config?.minimumRingSize === undefined ? {} : { minimumRingSize: config.minimumRingSize }),
        ...(config?.maximumRingSize === undefined ? {} : { maximumRingSize: config.maximumRingSize }),
      });
      return { schema: RingHashSchema, message, path: "ring_hash_lb_config" };
    }
    case Cluster_LbPolicy.MAGLEV: {
      const config = lbConfig.case === "maglevLbConfig" ? lbConfig.value : undefined;
      const message = create(MaglevSchema, {
        ...weighted,
        ...hashing,
        ...(config?.tableSize === undefined ? {} : { tableSize: config.tableSize }),
      });
      return { schema: MaglevSchema, message, path: "maglev_lb_config" };
    }
    default:
      return undefined;
  }
}

function localityConfig(cluster: Cluster): LocalityLbConfig | undefined {
  const specifier = cluster.commonLbConfig?.localityConfigSpecifier;
  if (specifier?.case === "localityWeightedLbConfig") {
    return create(LocalityLbConfigSchema, {
      localityConfigSpecifier: {
        case: "localityWeightedLbConfig",
        value: create(LocalityLbConfig_LocalityWeightedLbConfigSchema),
      },
    });
  }
  if (specifier?.case !== "zoneAwareLbConfig") return undefined;
  const { routingEnabled, minClusterSize, failTrafficOnPanic } = specifier.value;
  return create(LocalityLbConfigSchema, {
    localityConfigSpecifier: {
      case: "zoneAwareLbConfig",
      value: create(LocalityLbConfig_ZoneAwareLbConfigSchema, {
        failTrafficOnPanic,
        ...(routingEnabled === undefined ? {} : { routingEnabled }),
        ...(minClusterSize === undefined ? {} : { minClusterSize }),
      }),
    },
  });
}

function localityWeighted(cluster: Cluster): {
  localityWeightedLbConfig?: LocalityLbConfig_LocalityWeightedLbConfig;
} {
  return cluster.commonLbConfig?.localityConfigSpecifier.case === "localityWeightedLbConfig"
    ? { localityWeightedLbConfig: create(LocalityLbConfig_LocalityWeightedLbConfigSchema) }
    : {};
}

function consistentHashing(cluster: Cluster): { consistentHashingLbConfig?: ConsistentHashingLbConfig } {
  const given = cluster.commonLbConfig?.consistentHashingLbConfig;
  if (given === undefined) return {};
  return {
    consistentHashingLbConfig: create(ConsistentHashingLbConfigSchema, {
      useHostnameForHashing: given.useHostnameForHashing,
      ...(given.hashBalanceFactor === undefined ? {} : { hashBalanceFactor: given.hashBalanceFactor }),
    }),
  };
}

function slowStart(given: Cluster_SlowStartConfig | undefined): { slowStartConfig?: SlowStartConfig } {
  if (given === undefined) return {};
  const { slowStartWindow, aggression, minWeightPercent } = given;
  return {
    slowStartConfig: create(SlowStartConfigSchema, {
      ...(slowStartWindow === undefined ? {} : { slowStartWindow }),
      ...(aggression === undefined ? {} : { aggression }),
      ...(minWeightPercent === undefined ? {} : { minWeightPercent }),
    }),
  };
}
