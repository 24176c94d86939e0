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
import type { ClusterConfig as CompositeConfig } from "@sluice/xds/gen/envoy/extensions/clusters/composite/v3/cluster_pb.js";
import type { DnsCluster } from "@sluice/xds/gen/envoy/extensions/clusters/dns/v3/dns_cluster_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { durationProblemsIn } from "../config-message/duration-problems.ts";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { ADS_SOURCE, checkConfigSource } from "../xds/config-source.ts";
import type { Discovery, DnsFamily } from "./cluster-config.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";
import { chosenResolver, typedResolver } from "./compile-dns-resolver.ts";
import { compileOriginalDst } from "./compile-original-dst.ts";

const AGGREGATE = "envoy.extensions.clusters.aggregate.v3.ClusterConfig";
const COMPOSITE = "envoy.extensions.clusters.composite.v3.ClusterConfig";
const DNS_CLUSTER = "envoy.extensions.clusters.dns.v3.DnsCluster";

/** What `cluster_type` may name in place of `type`. */
const TYPES_BY_NAME: Readonly<Record<string, Cluster_DiscoveryType>> = {
  "envoy.cluster.static": Cluster_DiscoveryType.STATIC,
  "envoy.cluster.strict_dns": Cluster_DiscoveryType.STRICT_DNS,
  "envoy.cluster.logical_dns": Cluster_DiscoveryType.LOGICAL_DNS,
  "envoy.cluster.eds": Cluster_DiscoveryType.EDS,
  "envoy.cluster.original_dst": Cluster_DiscoveryType.ORIGINAL_DST,
};

/** Envoy's default refresh rate. */
const REFRESH_MS = 5000;

export function compileDiscovery(cluster: Cluster, problems: Problem[]): Discovery {
  if (cluster.clusterDiscoveryType.case === "clusterType") return customType(cluster, problems);
  return discoveryOf(cluster.clusterDiscoveryType.value ?? Cluster_DiscoveryType.STATIC, cluster, problems);
}

function discoveryOf(type: Cluster_DiscoveryType, cluster: Cluster, problems: Problem[]): Discovery {
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
        resolver: chosenResolver(cluster, problems),
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
  const named = any === undefined ? TYPES_BY_NAME[custom?.name ?? ""] : undefined;
  if (named !== undefined) return discoveryOf(named, cluster, problems);
  const unpacked = any === undefined ? undefined : unpackAny(any);
  const path = "cluster_type.typed_config";
  if (unpacked?.ok === true && unpacked.typeName === AGGREGATE) {
    return { kind: "aggregate", clusters: asAggregate(unpacked.message).clusters };
  }
  if (unpacked?.ok === true && unpacked.typeName === COMPOSITE) {
    return { kind: "composite", clusters: asComposite(unpacked.message).clusters.map(({ name }) => name) };
  }
  if (unpacked === undefined || !unpacked.ok || unpacked.typeName !== DNS_CLUSTER) {
    const what =
      unpacked === undefined || unpacked.ok ? `${custom?.name ?? ""} is not implemented` : unpacked.message;
    problems.push({ path, message: what, severity: "error" });
    return { kind: "static" };
  }
  problems.push(
    ...refuseUnsupportedFields(unpacked.schema, unpacked.message, CLUSTER_SUPPORTED_FIELDS, path),
    ...durationProblemsIn(unpacked.schema, unpacked.message, path),
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
): Pick<Extract<Discovery, { readonly jitterMs: number }>, "refreshMs" | "failureRefresh" | "jitterMs"> {
  const { dnsFailureRefreshRate: failure } = given;
  const baseMs = durationMs(failure?.baseInterval, 0);
  const maxMs = durationMs(failure?.maxInterval, baseMs * 10);
  if (maxMs < baseMs) {
    const path = `${prefix}dns_failure_refresh_rate.max_interval`;
    problems.push({ path, message: "must not be shorter than base_interval", severity: "error" });
  }
  return {
    refreshMs: durationMs(given.dnsRefreshRate, REFRESH_MS),
    failureRefresh: failure === undefined ? undefined : { baseMs, maxMs },
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
function asComposite(message: Message): CompositeConfig {
  return message as CompositeConfig;
}
function asDnsCluster(message: Message): DnsCluster {
  return message as DnsCluster;
}
