import type { CidrRange } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import {
  type FilterChainMatch,
  FilterChainMatch_ConnectionSourceType as SourceType,
} from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";

/** What is set of a FilterChainMatch as proto JSON with the proto's field names, in the order of their numbers. */
export function filterChainMatchJson(match: FilterChainMatch | undefined): string {
  if (match === undefined) return "{}";
  return JSON.stringify({
    prefix_ranges: list(match.prefixRanges.map(cidrJson)),
    address_suffix: match.addressSuffix || undefined,
    suffix_len: match.suffixLen,
    source_prefix_ranges: list(match.sourcePrefixRanges.map(cidrJson)),
    source_ports: list(match.sourcePorts),
    destination_port: match.destinationPort,
    transport_protocol: match.transportProtocol || undefined,
    application_protocols: list(match.applicationProtocols),
    server_names: list(match.serverNames),
    source_type: match.sourceType === SourceType.ANY ? undefined : SourceType[match.sourceType],
    direct_source_prefix_ranges: list(match.directSourcePrefixRanges.map(cidrJson)),
  });
}

function list<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}

function cidrJson(range: CidrRange) {
  return { address_prefix: range.addressPrefix, prefix_len: range.prefixLen };
}
