import type { LocalityLbConfig } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/common/v3/common_pb.js";

/** `zone_aware_lb_config`; it also holds where a policy has no `locality_lb_config` at all. */
export interface ZoneAwareConfig {
  /** Percent of requests; default 100. */
  readonly routingEnabled: number;
  /** Default 6. */
  readonly minClusterSize: number;
  /** Hosts that the local zone must have to get everything; 0: it is not forced. */
  readonly forceLocalZoneMinSize: number;
  /** Shares by the weights of hosts instead of their number. */
  readonly byWeight: boolean;
}

/** `locality_lb_config` of a policy; plain data. */
export interface LocalityConfig {
  /** `locality_weighted_lb_config`: a locality is drawn by its weight first. */
  readonly weighted: boolean;
  readonly zoneAware: ZoneAwareConfig;
  /** In panic no host is given instead of any. */
  readonly failTrafficOnPanic: boolean;
}

export function compileLocalityConfig(config: LocalityLbConfig | undefined): LocalityConfig {
  const specifier = config?.localityConfigSpecifier;
  const zone = specifier?.case === "zoneAwareLbConfig" ? specifier.value : undefined;
  const forced = zone?.forceLocalZone;
  const direct = zone?.forceLocalityDirectRouting === true ? 1 : 0;
  return {
    weighted: specifier?.case === "localityWeightedLbConfig",
    zoneAware: {
      routingEnabled: Math.trunc(zone?.routingEnabled?.value ?? 100),
      minClusterSize: Number(zone?.minClusterSize ?? 6n),
      forceLocalZoneMinSize: forced === undefined ? direct : (forced.minSize ?? 1),
      byWeight: zone?.localityBasis === 1,
    },
    failTrafficOnPanic: zone?.failTrafficOnPanic ?? false,
  };
}
