/** What connections and the rules for them are made of, so that both meet now and then. */

export const SERVER_NAMES = [
  "a.test",
  "b.test",
  "x.a.test",
  "y.x.a.test",
  "X.A.Test",
  "test",
  "other",
] as const;
export const SERVER_NAME_RULES = [
  "a.test",
  "b.test",
  "x.a.test",
  "*.a.test",
  "*.x.a.test",
  "*.test",
] as const;
export const PROTOCOLS = ["h2", "http/1.1", "http/1.0", "h2c", "own"] as const;
export const TRANSPORTS = ["tls", "raw_buffer"] as const;
export const PORTS = [80, 443, 8443] as const;
export const IPV4 = ["1.2.3.4", "10.1.2.3", "10.1.9.9", "10.2.0.1", "192.168.7.7", "127.0.0.1"] as const;
export const IPV6 = ["2001:db8::1", "2001:db8:1::5", "::1"] as const;

export interface Range {
  readonly address_prefix: string;
  readonly prefix_len: number;
}
export const RANGES: readonly Range[] = [
  { address_prefix: "10.0.0.0", prefix_len: 8 },
  { address_prefix: "10.1.0.0", prefix_len: 16 },
  { address_prefix: "10.1.2.0", prefix_len: 24 },
  { address_prefix: "10.1.2.3", prefix_len: 32 },
  { address_prefix: "127.0.0.0", prefix_len: 8 },
  { address_prefix: "127.0.0.1", prefix_len: 32 },
  { address_prefix: "2001:db8::", prefix_len: 32 },
  { address_prefix: "::1", prefix_len: 128 },
];
/** Where no ranges are another thing than all addresses. */
export const WITH_ALL: readonly Range[] = [
  ...RANGES,
  { address_prefix: "0.0.0.0", prefix_len: 0 },
  { address_prefix: "::", prefix_len: 0 },
];
