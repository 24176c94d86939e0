import type { Message } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
} from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterConfig as AggregateConfig } from "@sluice/xds/gen/envoy/extensions/clusters/aggregate/v3/cluster_pb.js";
import { DnsLookupFamily } from "@sluice/xds/gen/envoy/extensions/clusters/common/dns/v3/dns_pb.js";
import type { DnsCluster } from "@sluice/xds/gen/envoy/extensions/clusters/dns/v3/dns_cluster_pb.js";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";
import { ADS_SOURCE, checkConfigSource } from "../xds/config-source.ts";
import type { Discovery, DnsFamily } from "./cluster-config.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";
import { clusterResolver, typedResolver } from "./compile-dns-resolver.ts";
import { compileOriginalDst } from "./compile-original-dst.ts";
import { durationMs } from "./duration-ms.ts";

const AGGREGATE = "envoy.extensions.clusters.aggregate.v3.ClusterConfig";
const DNS_CLUSTER = "envoy.extensions.clusters.dns.v3.DnsCluster";

/** Envoy's default refresh rate. */
const REFRESH_MS = 5000;

export function compileDiscovery(cluster: Cluster, problems: Problem[]): Discovery {
  if (cluster.clusterDiscoveryType.case === "clusterType") return customType(cluster, problems);
  const type = cluster.clusterDiscoveryType.value ?? Cluster_DiscoveryType.STATIC;
  switch (type) {
    case Cluster_DiscoveryType.STATIC:
      return { kind: "static" };
    case Cluster_DiscoveryType.STRICT_DNS:
    case Cluster_DiscoveryType.LOGICAL_DNS:
      return {
        kind: type === Cluster_DiscoveryType.STRICT_DNS ? "strict_dns" : "logical_dns",
        ...dnsTimes(cluster, "", problems),
        minRefreshMs: 0,
        waitForWarm: cluster.waitForWarmOnInit ?? true,
        resolver: clusterResolver(cluster, problems),
        respectTtl: cluster.respectDnsTtl,
        family: CLUSTER_FAMILIES[cluster.dnsLookupFamily] ?? "auto",
      };
    case Cluster_DiscoveryType.EDS:
      return eds(cluster, problems);
    case Cluster_DiscoveryType.ORIGINAL_DST:
      return compileOriginalDst(cluster, problems);
  }
}

function eds(cluster: Cluster, problems: Problem[]): Discovery {
  const source = cluster.edsClusterConfig?.edsConfig;
  if (source === undefined) {
    problems.push({
      path: "eds_cluster_config.eds_config",
      message: "an EDS cluster needs eds_config",
      severity: "error",
    });
  } else problems.push(...checkConfigSource(source, "eds_cluster_config.eds_config"));
  const named = cluster.edsClusterConfig?.serviceName ?? "";
  return {
    kind: "eds",
    serviceName: named === "" ? cluster.name : named,
    initialFetchTimeoutMs: durationMs(source?.initialFetchTimeout, 15_000),
    source: source ?? ADS_SOURCE,
  };
}

function customType(cluster: Cluster, problems: Problem[]): Discovery {
  const custom =
    cluster.clusterDiscoveryType.case === "clusterType" ? cluster.clusterDiscoveryType.value : undefined;
  const any = custom?.typedConfig;
  const unpacked = any === undefined ? undefined : unpackAny(any);
  const path = "cluster_type.typed_config";
  if (unpacked?.ok === true && unpacked.typeName === AGGREGATE) {
    return { kind: "aggregate", clusters: asAggregate(unpacked.message).clusters };
  }
  if (unpacked === undefined || !unpacked.ok || unpacked.typeName !== DNS_CLUSTER) {
    const what =
      unpacked === undefined || unpacked.ok ? `${custom?.name ?? ""} is not implemented` : unpacked.message;
    problems.push({ path, message: what, severity: "error" });
    return { kind: "static" };
  }
  problems.push(
    ...refuseUnsupportedFields(unpacked.schema, unpacked.message, CLUSTER_SUPPORTED_FIELDS, path),
  );
  const dns = asDnsCluster(unpacked.message);
  return {
    kind: dns.allAddressesInSingleEndpoint ? "logical_dns" : "strict_dns",
    ...dnsTimes(dns, `${path}.`, problems),
    minRefreshMs: durationMs(dns.dnsMinRefreshRate, 0),
    waitForWarm: cluster.waitForWarmOnInit ?? true,
    resolver: typedResolver(dns.typedDnsResolverConfig, `${path}.typed_dns_resolver_config`, problems),
    respectTtl: dns.respectDnsTtl,
    family: EXTENSION_FAMILIES[dns.dnsLookupFamily] ?? "auto",
  };
}

function dnsTimes(
  given: Pick<Cluster, "dnsRefreshRate" | "dnsJitter"> & Pick<Cluster | DnsCluster, "dnsFailureRefreshRate">,
  prefix: string,
  problems: Problem[],
): {
  readonly refreshMs: number;
  readonly failureRefreshMs: number;
  readonly failureRefreshMaxMs: number;
  readonly jitterMs: number;
} {
  const refreshMs = durationMs(given.dnsRefreshRate, REFRESH_MS);
  const failureRefreshMs = durationMs(given.dnsFailureRefreshRate?.baseInterval, refreshMs);
  const failureRefreshMaxMs = durationMs(given.dnsFailureRefreshRate?.maxInterval, failureRefreshMs * 10);
  if (failureRefreshMaxMs < failureRefreshMs) {
    const path = `${prefix}dns_failure_refresh_rate.max_interval`;
    problems.push({ path, message: "must not be shorter than base_interval", severity: "error" });
  }
  return {
    refreshMs,
    failureRefreshMs,
    failureRefreshMaxMs,
    jitterMs: durationMs(given.dnsJitter, 0),
  };
}

const CLUSTER_FAMILIES: Readonly<Record<number, DnsFamily>> = {
  [Cluster_DnsLookupFamily.AUTO]: "auto",
  [Cluster_DnsLookupFamily.V4_ONLY]: "v4_only",
  [Cluster_DnsLookupFamily.V6_ONLY]: "v6_only",
  [Cluster_DnsLookupFamily.V4_PREFERRED]: "v4_preferred",
  [Cluster_DnsLookupFamily.ALL]: "all",
};
const EXTENSION_FAMILIES: Readonly<Record<number, DnsFamily>> = {
  [DnsLookupFamily.UNSPECIFIED]: "auto",
  [DnsLookupFamily.AUTO]: "auto",
  [DnsLookupFamily.V4_ONLY]: "v4_only",
  [DnsLookupFamily.V6_ONLY]: "v6_only",
  [DnsLookupFamily.V4_PREFERRED]: "v4_preferred",
  [DnsLookupFamily.ALL]: "all",
};

/** The caller has checked the type's name. */
function asAggregate(message: Message): AggregateConfig {
  return message as AggregateConfig;
}
function asDnsCluster(message: Message): DnsCluster {
  return message as DnsCluster;
}
