import type { StreamInfo } from "@sluice/extension-api";

/** One TLV of a PROXY header of version 2. */
export interface Tlv {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Filter state of a connection that came with a PROXY header. */
export const PROXY_PROTOCOL_STATE = "envoy.network.proxy_protocol_options";

/** What stands there. */
export interface ProxyProtocolState {
  readonly version: 1 | 2;
  readonly sourceAddress: string | undefined;
  readonly destinationAddress: string | undefined;
  /** Those that the listener passes on. */
  readonly tlvs: readonly Tlv[];
}

/** Undefined: the connection came without a PROXY header. */
export function proxyTlvsOf(info: StreamInfo | undefined): readonly Tlv[] | undefined {
  const state = info?.filterState.get(PROXY_PROTOCOL_STATE);
  return state === undefined ? undefined : asProxyProtocolState(state).tlvs;
}

/** Only the listener filter sets it. */
function asProxyProtocolState(state: unknown): ProxyProtocolState {
  return state as ProxyProtocolState;
}
