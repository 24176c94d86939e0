import { ProxyProtocolTlvMergePolicy } from "@sluice/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { Tlv } from "../../../../transport-socket/proxy-header.ts";

/** `proxy_protocol_tlvs` and how they go together with those that the connection came with. */
export interface ProxyTlvs {
  readonly added: readonly Tlv[];
  readonly merge: ProxyProtocolTlvMergePolicy;
}

/** `given`: of the connection's own PROXY header; undefined: it had none. */
export function mergeProxyTlvs(
  { added, merge }: ProxyTlvs,
  given: readonly Tlv[] | undefined,
): readonly Tlv[] {
  if (given === undefined) return added;
  switch (merge) {
    case ProxyProtocolTlvMergePolicy.OVERWRITE_BY_TYPE_IF_EXISTS_OR_ADD:
      return [...added, ...given.filter(({ type }) => !added.some((one) => one.type === type))];
    case ProxyProtocolTlvMergePolicy.APPEND_IF_EXISTS_OR_ADD:
      return [...given, ...added];
    default:
      return given;
  }
}
