import type { HeaderView, RuntimeView } from "../contract.ts";

/** The answer of an input whose data has not arrived yet: the tree cannot be decided so far. */
export const NOT_AVAILABLE: unique symbol = Symbol("not available");

/** What inputs may read. `undefined` headers and trailers have not arrived yet; what else is absent has no value. */
export interface MatchingData {
  readonly requestHeaders?: HeaderView | undefined;
  readonly requestTrailers?: HeaderView | undefined;
  readonly responseHeaders?: HeaderView | undefined;
  readonly responseTrailers?: HeaderView | undefined;
  /** Whether this proxy made the response; `undefined` before there is one. */
  readonly isLocalReply?: boolean | undefined;
  readonly connection?: ConnectionView | undefined;
  /** By filter name. */
  dynamicMetadata?(filter: string): Readonly<Record<string, unknown>> | undefined;
  /** By key: a text (binary string), or an object as of `FilterStateObject`. */
  filterState?(key: string): unknown;
  /** Of the endpoint that is connected to, and of its locality, by filter name; `undefined`: it has none at all. */
  readonly endpointMetadata?: Readonly<Record<string, unknown>> | undefined;
  readonly localityMetadata?: Readonly<Record<string, unknown>> | undefined;
  readonly runtime?: RuntimeView | undefined;
  /** What inputs of the caller's own read (CEL's attributes). */
  readonly attributes?: unknown;
}

/** A connection as its matchers see it. Addresses without port; `undefined` for pipes. */
export interface ConnectionView {
  readonly destinationIp: string | undefined;
  readonly destinationPort: number | undefined;
  /** The client as listener filters or x-forwarded-for tell it. */
  readonly sourceIp: string | undefined;
  readonly sourcePort: number | undefined;
  /** The peer of the socket. */
  readonly directSourceIp: string | undefined;
  /** SNI; "" when there is none. */
  readonly serverName: string;
  /** `tls`, `raw_buffer` or "" when no listener filter looked. */
  readonly transportProtocol: string;
  /** ALPN in the client's order. */
  readonly applicationProtocols: readonly string[];
  readonly uriSanPeer: readonly string[];
  readonly dnsSanPeer: readonly string[];
  /** RFC 2253; "" without a client certificate. */
  readonly subjectPeer: string;
}

/** What objects of the filter state may offer to matchers. */
export interface FilterStateObject {
  serializeAsString?(): string | undefined;
  /** As its protobuf message reads in JSON. */
  serializeAsJson?(): string;
  getField?(name: string): string | number | undefined;
}

/** The text of a filter state object (of one of its fields when `field` is not empty); `undefined` when it has none. */
export function filterStateText(object: unknown, field = ""): string | undefined {
  if (field !== "") {
    const value = isFilterStateObject(object) ? object.getField?.(field) : undefined;
    return value === undefined ? undefined : String(value);
  }
  if (typeof object === "string") return object;
  if (typeof object === "number" || typeof object === "boolean") return String(object);
  return isFilterStateObject(object) ? object.serializeAsString?.() : undefined;
}

/** The same as JSON; `undefined` where it has no such form. */
export function filterStateJson(object: object): string | undefined {
  return isFilterStateObject(object) ? object.serializeAsJson?.() : undefined;
}

function isFilterStateObject(object: unknown): object is FilterStateObject {
  return typeof object === "object" && object !== null;
}

/** What the dynamic metadata input gives, `undefined` inside included: no text, even where the value is one. */
export class MetadataValue {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Takes one value out of the data. */
export interface MatchInput {
  /** For people: `request header x-tenant`. */
  readonly name: string;
  /** What it gives, where that is something for one matcher alone. */
  readonly kind?: string;
  /** A text (binary string) or a MetadataValue; `undefined` when there is none, NOT_AVAILABLE when it is yet to come. */
  get(data: MatchingData): unknown;
}
