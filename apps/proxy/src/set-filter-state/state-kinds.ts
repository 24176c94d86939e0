import { isIP } from "node:net";
import type { FilterStateObject } from "@sluice/matching";
import { ALPN_STATE, SERVER_NAME_STATE, SUBJECT_ALT_NAMES_STATE } from "../filter-state/filter-state.ts";
import { HashableText } from "../filter-state/hashable-text.ts";

/** Makes an object of a text; undefined: the text is none of its kind. */
export type StateKind = (text: string) => unknown;

const TEXT: StateKind = (text) => text;
const WHOLE: StateKind = (text) => (/^\d{1,20}$/.test(text) && BigInt(text) < 1n << 64n ? text : undefined);

/** `envoy.network.ip`: an address without a port, which it prints as port 0. */
class AddressObject implements FilterStateObject {
  readonly #ip: string;

  constructor(ip: string) {
    this.#ip = ip;
  }

  serializeAsString(): string {
    return isIP(this.#ip) === 6 ? `[${this.#ip}]:0` : `${this.#ip}:0`;
  }
}

/** By the name of Envoy's object factory. Where a kind is also the name under which something is read, it may be the object's name without a factory's. */
export const STATE_KINDS: ReadonlyMap<string, StateKind> = new Map<string, StateKind>([
  ["envoy.string", TEXT],
  ["envoy.bool", TEXT],
  ["envoy.hashable_string", (text) => new HashableText(text)],
  ["envoy.network.ip", (text) => (isIP(text) === 0 ? undefined : new AddressObject(text))],
  ["envoy.ratelimit.hits_addend", (text) => (Number(text) < 2 ** 32 ? WHOLE(text) : undefined)],
  ["envoy.tcp_proxy.cluster", TEXT],
  ["envoy.tcp_proxy.disable_tunneling", TEXT],
  ["envoy.tcp_proxy.per_connection_idle_timeout_ms", WHOLE],
  ["envoy.network.transport_socket.original_dst_address", TEXT],
  [SERVER_NAME_STATE, TEXT],
  [ALPN_STATE, TEXT],
  [SUBJECT_ALT_NAMES_STATE, TEXT],
]);
