import { isIP } from "node:net";
import { toBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { compileMetadataMatcher } from "@sluice/matching";
import type {
  Cluster,
  UpstreamConnectionOptions_FirstAddressFamilyVersion as FirstFamily,
} from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { BindConfig, SocketAddress } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import {
  type MetadataMatcher,
  MetadataMatcherSchema,
} from "@sluice/xds/gen/envoy/type/matcher/v3/metadata_pb.js";
import { compileKeepalive, type KeepaliveConfig } from "../connection/keep-alive.ts";

/** How a cluster's connections are opened; plain data, so that it can cross threads. */
export interface ConnectionConfig {
  /** Undefined: off. */
  readonly keepalive: KeepaliveConfig | undefined;
  /** Local addresses; the first one of the endpoint's family is taken. */
  readonly sources: readonly SourceAddress[];
  /** `first_address_family_version`; 0: that of the endpoint's own address. */
  readonly firstFamily: 0 | 4 | 6;
  /** `per_upstream_preconnect_ratio`: connections to have for each stream; 1: none ahead. */
  readonly preconnectRatio: number;
  /** `predictive_preconnect_ratio`; 1: none ahead. */
  readonly predictiveRatio: number;
  /** `preconnect_enabled_metadata`: an encoded MetadataMatcher; undefined: of all hosts. */
  readonly preconnectMatcher: Uint8Array | undefined;
  /** `connection_pool_per_downstream_connection`. */
  readonly poolPerDownstreamConnection: boolean;
}

export interface SourceAddress {
  readonly family: 4 | 6;
  readonly address: string;
  /** 0: any. */
  readonly port: number;
}

const V4: FirstFamily = 1;
const V6: FirstFamily = 2;

export function compileConnectionOptions(cluster: Cluster, problems: Problem[]): ConnectionConfig {
  const options = cluster.upstreamConnectionOptions;
  const family = options?.happyEyeballsConfig?.firstAddressFamilyVersion;
  const count = options?.happyEyeballsConfig?.firstAddressFamilyCount ?? 1;
  if (count !== 1) {
    problems.push({
      path: "upstream_connection_options.happy_eyeballs_config.first_address_family_count",
      message: "more than 1 is not implemented",
      severity: "error",
    });
  }
  return {
    keepalive: compileKeepalive(options?.tcpKeepalive),
    sources: sourceAddresses(cluster.upstreamBindConfig, problems),
    firstFamily: family === V4 ? 4 : family === V6 ? 6 : 0,
    preconnectRatio: cluster.preconnectPolicy?.perUpstreamPreconnectRatio ?? 1,
    predictiveRatio: cluster.preconnectPolicy?.predictivePreconnectRatio ?? 1,
    preconnectMatcher: preconnectMatcher(cluster.preconnectPolicy?.preconnectEnabledMetadata, problems),
    poolPerDownstreamConnection: cluster.connectionPoolPerDownstreamConnection,
  };
}

function preconnectMatcher(
  matcher: MetadataMatcher | undefined,
  problems: Problem[],
): Uint8Array | undefined {
  if (matcher === undefined) return undefined;
  const compiled = compileMetadataMatcher(matcher, "preconnect_policy.preconnect_enabled_metadata");
  if (!compiled.ok) problems.push(...compiled.problems);
  return toBinary(MetadataMatcherSchema, matcher);
}

function sourceAddresses(config: BindConfig | undefined, problems: Problem[]): readonly SourceAddress[] {
  if (config === undefined) return [];
  if (
    config.sourceAddress === undefined &&
    config.extraSourceAddresses.length + config.additionalSourceAddresses.length > 0
  ) {
    const message = "is required where there are further source addresses";
    problems.push({ path: "upstream_bind_config.source_address", message, severity: "error" });
  }
  const sources: SourceAddress[] = [];
  const add = (address: SocketAddress | undefined, field: string): void => {
    const path = `upstream_bind_config.${field}`;
    const fail = (message: string): unknown => problems.push({ path, message, severity: "error" });
    if (address === undefined) return;
    const family = isIP(address.address);
    if (family !== 4 && family !== 6) {
      fail(`'${address.address}' is not an IP address`);
      return;
    }
    if (field !== "source_address" && sources.some((one) => one.family === family)) {
      fail("a second address of one IP version is not implemented");
      return;
    }
    const port = address.portSpecifier.case === "portValue" ? address.portSpecifier.value : 0;
    sources.push({ family, address: address.address, port });
  };
  add(config.sourceAddress, "source_address");
  for (const [i, extra] of config.extraSourceAddresses.entries())
    add(extra.address, `extra_source_addresses[${i}].address`);
  for (const [i, address] of config.additionalSourceAddresses.entries())
    add(address, `additional_source_addresses[${i}]`);
  return sources;
}
