import type { Compiled, Problem } from "@sluice/extension-api";
import type { TlvEntry } from "@sluice/xds/gen/envoy/config/core/v3/proxy_protocol_pb.js";
import { ProxyProtocolTlvMergePolicy } from "@sluice/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { Tlv } from "../../../../connection/proxy-protocol-state.ts";
import { compileFormatString } from "../../../../formatter/compile-line-format.ts";
import type { FormatContext, SubstitutionFormatter } from "../../../../formatter/format-context.ts";

interface AddedTlv {
  readonly type: number;
  /** A formatter: of each connection anew. */
  readonly value: Uint8Array | SubstitutionFormatter;
}

/** `proxy_protocol_tlvs` and how they go together with those that the connection came with. */
export interface ProxyTlvs {
  readonly added: readonly AddedTlv[];
  readonly merge: ProxyProtocolTlvMergePolicy;
}

export function compileProxyTlvs(
  entries: readonly TlvEntry[],
  merge: ProxyProtocolTlvMergePolicy,
): Compiled<ProxyTlvs> {
  const problems: Problem[] = [];
  const added = entries.flatMap(({ type, value, formatString }, index): AddedTlv[] => {
    const path = `proxy_protocol_tlvs[${index}]`;
    if (formatString === undefined) {
      if (value.length > 0) return [{ type, value }];
      const message = "Invalid TLV configuration: one of 'value' or 'format_string' must be set.";
      problems.push({ path, message, severity: "error" });
      return [];
    }
    if (value.length > 0) {
      const message = "Invalid TLV configuration: only one of 'value' or 'format_string' may be set.";
      problems.push({ path, message, severity: "error" });
      return [];
    }
    const formatter = compileFormatString(formatString, `${path}.format_string`);
    if (formatter.ok) return [{ type, value: formatter.value }];
    problems.push(...formatter.problems);
    return [];
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { added, merge } };
}

/** `given`: of the connection's own PROXY header; undefined: it had none. */
export function mergeProxyTlvs(
  tlvs: ProxyTlvs,
  given: readonly Tlv[] | undefined,
  context: FormatContext,
): readonly Tlv[] {
  const added = tlvs.added.map(
    ({ type, value }): Tlv => ({
      type,
      value: value instanceof Uint8Array ? value : Buffer.from(value.format(context)),
    }),
  );
  if (given === undefined) return added;
  switch (tlvs.merge) {
    case ProxyProtocolTlvMergePolicy.OVERWRITE_BY_TYPE_IF_EXISTS_OR_ADD:
      return [...added, ...given.filter(({ type }) => !added.some((one) => one.type === type))];
    case ProxyProtocolTlvMergePolicy.APPEND_IF_EXISTS_OR_ADD:
      return [...given, ...added];
    default:
      return given;
  }
}
