/** What is used here of the package, which has no types of its own. */
declare module "dns-packet" {
  interface Codec<T> {
    encode: ((value: T) => Buffer) & { readonly bytes: number };
    decode: ((from: Buffer, offset: number) => T) & { readonly bytes: number };
    encodingLength(value: T): number;
  }

  /** Data is as the type wants it: a text's parts for TXT, an object for SOA, the bytes for what the package does not know. */
  export interface DnsResource {
    readonly name: string;
    readonly type: string;
    /** Default `IN`. */
    readonly class?: string;
    readonly ttl?: number;
    readonly data: unknown;
  }

  export interface DnsQuestion {
    readonly name: string;
    readonly type: string;
    readonly class?: string;
  }

  export interface DnsMessage {
    readonly id: number;
    /** The header's second word, without the bit that says whether it is an answer. */
    readonly flags: number;
    readonly questions?: readonly DnsQuestion[];
    readonly answers?: readonly DnsResource[];
    readonly authorities?: readonly DnsResource[];
    readonly additionals?: readonly DnsResource[];
  }

  /** Absolute names, with or without the root's dot; never compressed when written. */
  export const name: Codec<string>;
  export const question: Codec<DnsQuestion>;
  export const answer: Codec<DnsResource>;
  export function encode(message: DnsMessage): Buffer;
  /** Throws on what is malformed. */
  export function decode(from: Buffer): Required<DnsMessage> & { readonly rcode: string };
}
