/**
 * Header maps, as filters see them.
 *
 * Names are lower case everywhere inside the proxy (RFC 9110 §5.1 makes them case-insensitive; HTTP/2 sends them lower
 * case); an HTTP/1 codec that preserves case keeps the original spelling to itself. Pseudo-headers are stored under their
 * HTTP/2 names (`:method`, `:path`, `:authority`, `:scheme`, `:status`) whatever protocol carried the message.
 *
 * Values are "binary strings": one char code per octet (latin1), never re-encoded.
 */
export interface HeaderMap {
  /** The first value of `name` (lower case), or `undefined`. Cost: O(1) for well-known names, else O(n). */
  get(name: string): string | undefined;
  /** Every value of `name` joined with `,` as Envoy does where a matcher reads a repeated header; `undefined` when absent. */
  getAll(name: string): string | undefined;
  has(name: string): boolean;
  /** Replaces all values of `name` by one; keeps the position of the first. */
  set(name: string, value: string): void;
  /** Adds a value behind those that `name` already has. */
  append(name: string, value: string): void;
  /** Removes every value of `name`; returns how many there were. */
  remove(name: string): number;
  /** Number of fields, pseudo-headers included. */
  readonly size: number;
  /** Sum over all fields of name and value length, in bytes (HTTP/2's measure less its 32 per field). */
  readonly byteSize: number;
  /** Calls `visit` for each field in order, pseudo-headers first. No mutation during the visit. */
  forEach(visit: (name: string, value: string) => void): void;
}
