import { getServers } from "node:dns";
import { isIP } from "node:net";
import type { Message } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Address } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import type { CaresDnsResolverConfig } from "@sluice/xds/gen/envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver_pb.js";
import type { GetAddrInfoDnsResolverConfig } from "@sluice/xds/gen/envoy/extensions/network/dns_resolver/getaddrinfo/v3/getaddrinfo_dns_resolver_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import type { DnsResolverSettings } from "./cluster-config.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "./cluster-supported-fields.ts";
import { printAddress } from "./print-address.ts";

const PACKAGE = "envoy.extensions.network.dns_resolver";
const CARES = `${PACKAGE}.cares.v3.CaresDnsResolverConfig`;
const GET_ADDR_INFO = `${PACKAGE}.getaddrinfo.v3.GetAddrInfoDnsResolverConfig`;

/** The system's: the hosts file, resolv.conf. */
export const SYSTEM_RESOLVER: DnsResolverSettings = {
  servers: [],
  timeoutMs: 0,
  tries: 0,
  retries: 0,
  searchDomains: true,
  routableOnly: false,
};

/** What may say so of a cluster, and but for the last of the bootstrap. */
type ResolverFields = Pick<Cluster, "dnsResolvers"> &
  Partial<Pick<Cluster, "typedDnsResolverConfig" | "dnsResolutionConfig">>;

/** `typed_dns_resolver_config`, else `dns_resolution_config`, else `dns_resolvers`; undefined: none of them. */
export function chosenResolver(
  cluster: ResolverFields,
  problems: Problem[],
): DnsResolverSettings | undefined {
  if (cluster.typedDnsResolverConfig !== undefined) {
    return typedResolver(cluster.typedDnsResolverConfig, "typed_dns_resolver_config", problems);
  }
  const config = cluster.dnsResolutionConfig;
  const [list, path] =
    config === undefined
      ? ([cluster.dnsResolvers, "dns_resolvers"] as const)
      : ([config.resolvers, "dns_resolution_config.resolvers"] as const);
  if (config === undefined && list.length === 0) return undefined;
  const searchDomains = !(config?.dnsResolverOptions?.noDefaultSearchDomain ?? false);
  return { ...SYSTEM_RESOLVER, servers: servers(list, path, problems), searchDomains };
}

export function typedResolver(
  config: TypedExtensionConfig | undefined,
  path: string,
  problems: Problem[],
): DnsResolverSettings | undefined {
  if (config?.typedConfig === undefined) return undefined;
  const at = `${path}.typed_config`;
  const unpacked = unpackAny(config.typedConfig);
  if (!unpacked.ok || (unpacked.typeName !== CARES && unpacked.typeName !== GET_ADDR_INFO)) {
    const message = unpacked.ok ? `resolver ${unpacked.typeName} is not implemented` : unpacked.message;
    problems.push({ path: at, message, severity: "error" });
    return SYSTEM_RESOLVER;
  }
  problems.push(...refuseUnsupportedFields(unpacked.schema, unpacked.message, CLUSTER_SUPPORTED_FIELDS, at));
  if (unpacked.typeName === GET_ADDR_INFO)
    return { ...SYSTEM_RESOLVER, retries: asGetAddrInfo(unpacked.message).numRetries ?? 0 };
  const cares = asCares(unpacked.message);
  const own = servers(cares.resolvers, `${at}.resolvers`, problems);
  return {
    ...SYSTEM_RESOLVER,
    servers: cares.useResolversAsFallback && knowsNameServers(getServers()) ? [] : own,
    timeoutMs: Number(cares.queryTimeoutSeconds ?? 0n) * 1000,
    tries: cares.queryTries ?? 0,
    searchDomains: !(cares.dnsResolverOptions?.noDefaultSearchDomain ?? false),
    routableOnly: cares.filterUnroutableFamilies,
  };
}

function servers(list: readonly Address[], path: string, problems: Problem[]): readonly string[] {
  return list.flatMap((address, index) => {
    const socket = address.address.case === "socketAddress" ? address.address.value : undefined;
    const port = socket?.portSpecifier.case === "portValue" ? socket.portSpecifier.value : 53;
    if (socket !== undefined && isIP(socket.address) !== 0) return [printAddress(socket.address, port || 53)];
    const message = "needs a socket_address with an IP address";
    problems.push({ path: `${path}[${index}]`, message, severity: "error" });
    return [];
  });
}

/** What the resolver has where the system names none: then, as in Envoy, there are none. */
export function knowsNameServers(systemServers: readonly string[]): boolean {
  return systemServers.some((server) => server !== "127.0.0.1");
}

/** The caller has checked the type's name. */
function asGetAddrInfo(message: Message): GetAddrInfoDnsResolverConfig {
  return message as GetAddrInfoDnsResolverConfig;
}
function asCares(message: Message): CaresDnsResolverConfig {
  return message as CaresDnsResolverConfig;
}
