import type { ConfigProblem } from "@sluice/xds";
import type { ConnectionView } from "./matcher/matching-data.ts";

/** What route matching reads of a request; the proxy's header map is one. Names lower case, pseudo-headers included. */
export interface HeaderView {
  get(name: string): string | undefined;
  /** Repeated headers joined with `,`. */
  getAll(name: string): string | undefined;
  /** Every field, repeated ones each by itself. */
  forEach(visit: (name: string, value: string) => void): void;
}

export type Compiled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** What a route may ask of the request beside its headers. Everything is optional: what is absent does not match. */
export interface MatchContext {
  /** Downstream TLS; absent for plain connections. */
  readonly tls?:
    | { readonly peerCertificatePresented: boolean; readonly peerCertificateValidated: boolean }
    | undefined;
  /** Dynamic metadata that filters have set so far, by filter name. */
  dynamicMetadata?(filter: string): Readonly<Record<string, unknown>> | undefined;
  /** The filter state's object of that name: a text, or an object as of `FilterStateObject`. */
  filterState?(key: string): unknown;
  readonly connection?: ConnectionView | undefined;
  /** Runtime overrides of fractions and weights; without it the configured defaults hold. */
  readonly runtime?: RuntimeView | undefined;
}

/** The part of Envoy's runtime that decisions read; structurally the `Runtime` of @sluice/extension-api. */
export interface RuntimeView {
  integer(key: string, fallback: number): number;
  featureEnabled(key: string, numerator: number, denominator: number, random: number): boolean;
}

/** Reads what many routes compare with different texts: a header, a query parameter. */
export interface ExactProbe {
  /** Equal for probes that read the same. */
  readonly id: string;
  /** The one value, several of them, or none. */
  values(headers: HeaderView): string | readonly string[] | undefined;
}

/**
 * One condition that a request must meet, compiled from one field of the configuration. Stateless; `matches` allocates
 * nothing where the value allows it.
 */
export interface Condition {
  /** The field that asks for it, relative to the message compiled: `match.headers[0]`. */
  readonly field: string;
  /** What it asks for, for people: `header x-tenant is exactly "a"`. */
  readonly wanted: string;
  /** Set when it holds exactly where one of the probe's values is this, so that routes can be grouped by it. */
  readonly exact?: { readonly probe: ExactProbe; readonly value: string } | undefined;
  matches(headers: HeaderView, random: number, context: MatchContext): boolean;
  /** What the request has in its place, for people; `undefined` when it has none. Absent where nothing can be shown. */
  given?(headers: HeaderView, context: MatchContext): string | undefined;
}
