import type { StreamDecoderFilter, StreamEncoderFilter, StreamFilter } from "./http-filter.ts";
import type { ReadFilter, WriteFilter } from "./network-filter.ts";
import type { Problem } from "./problem.ts";
import type { StatsScope } from "./stats.ts";
import type { Clock, Random, Timers } from "./time.ts";

/**
 * An extension's manifest: cheap to load (no implementation in it), complete enough for validation, documentation and the
 * dashboard. `standard.ts` lists those that are built in; two with one name or one type URL are an error at start.
 */
export interface ExtensionManifest<Category extends string = string, Factory = unknown> {
  /** Envoy's name: `envoy.filters.http.cors`. */
  readonly name: string;
  /** Envoy's category: `envoy.filters.http`. */
  readonly category: Category;
  /** Full message names of its configuration (no `type.googleapis.com/`), the current one first. */
  readonly configTypes: readonly string[];
  /** Full message name of the per-route configuration, where there is one. */
  readonly perRouteConfigTypes: readonly string[];
  /**
   * Per message name: the proto fields that have an effect. Any other field that is set is refused by name as not
   * implemented. A message that is absent here is taken as wholly implemented only when it has no fields.
   */
  readonly supportedFields: Readonly<Record<string, readonly string[]>>;
  /** Loads the implementation; called once per thread, when a configuration first asks for it. */
  load(): Factory;
}

/** The result of compiling one message of configuration: every problem at once, never just the first. */
export type Compiled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What a factory may use. One per filter configuration and worker. */
export interface FactoryContext {
  readonly stats: StatsScope;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly runtime: Runtime;
  readonly clusters: ClusterLookup;
  /** Resolves a nested extension (an Any in this extension's configuration) of `category`; problems carry `path`. */
  readonly log: Log;
}

/** Envoy's runtime (layered key-values with feature fractions). */
export interface Runtime {
  /** Integer under `key`, else `fallback`. */
  integer(key: string, fallback: number): number;
  /** Boolean under `key`, or whether the number there is not 0; else `fallback`. */
  boolean(key: string, fallback: boolean): boolean;
  /** Number under `key`, with a fraction or without, else `fallback`. */
  double(key: string, fallback: number): number;
  /** Decides a `RuntimeFractionalPercent`: `random` is compared modulo the denominator. */
  featureEnabled(key: string, numerator: number, denominator: number, random: number): boolean;
}

export interface ClusterLookup {
  has(cluster: string): boolean;
}

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What an HTTP filter's `load` gives. `C` is its frozen runtime configuration, `R` that of a route. */
export interface HttpFilterFactory<C = unknown, R = unknown> {
  /** `config`: the decoded protobuf-es message of one of `configTypes`. Frozen result. */
  compile(config: unknown, context: FactoryContext): Compiled<C>;
  compilePerRoute?(config: unknown, context: FactoryContext): Compiled<R>;
  /** Per stream; must be cheap. */
  create(config: C): StreamFilter | StreamDecoderFilter | StreamEncoderFilter;
  /** True for filters that must be last (router). */
  readonly terminal: boolean;
}

/** What a network filter's `load` gives. */
export interface NetworkFilterFactory<C = unknown> {
  compile(config: unknown, context: FactoryContext): Compiled<C>;
  create(config: C): ReadFilter | WriteFilter;
  readonly terminal: boolean;
}

export interface HttpFilterManifest extends ExtensionManifest<"envoy.filters.http", HttpFilterFactory> {
  /** Where it may stand before an upstream: there too, or only there. Absent: only before the router. */
  readonly upstream?: "also" | "only";
}
export type NetworkFilterManifest = ExtensionManifest<"envoy.filters.network", NetworkFilterFactory>;
