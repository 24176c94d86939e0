import type {
  ExtensionManifest,
  HttpFilterFactory,
  ListenerFilterFactory,
  NetworkFilterFactory,
} from "@sluice/extension-api";
import type { CompressorFactory, DecompressorFactory } from "../compression/compression-library.ts";
import type { AddressDetectionFactory } from "../http/address-detection-factory.ts";
import type { EarlyHeaderMutationFactory } from "../http/early-header-mutation.ts";
import type { HeaderFormatterFactory } from "../http/h1/header-formatter.ts";
import type { SessionStateFactory } from "../http/session-state.ts";
import type { LoadBalancingPolicyFactory } from "../load-balancer/load-balancer.ts";
import type {
  InternalRedirectPredicateFactory,
  RetryHostPredicateFactory,
  RetryPriorityFactory,
} from "../route/retry-extensions.ts";
import type { DownstreamTransportSocketFactory } from "../transport-socket/downstream-transport-socket.ts";
import type { UpstreamTransportSocketFactory } from "../transport-socket/upstream-transport-socket.ts";

/** What an extension of each of Envoy's categories gives; a room that takes a new kind of extension adds its line. */
export interface ExtensionFactories {
  "envoy.compression.compressor": CompressorFactory;
  "envoy.compression.decompressor": DecompressorFactory;
  "envoy.filters.http": HttpFilterFactory;
  "envoy.filters.listener": ListenerFilterFactory;
  "envoy.filters.network": NetworkFilterFactory;
  "envoy.http.stateful_header_formatters": HeaderFormatterFactory;
  "envoy.http.early_header_mutation": EarlyHeaderMutationFactory;
  "envoy.http.original_ip_detection": AddressDetectionFactory;
  "envoy.http.stateful_session": SessionStateFactory;
  "envoy.load_balancing_policies": LoadBalancingPolicyFactory;
  "envoy.transport_sockets.downstream": DownstreamTransportSocketFactory;
  "envoy.transport_sockets.upstream": UpstreamTransportSocketFactory;
  "envoy.internal_redirect_predicates": InternalRedirectPredicateFactory;
  "envoy.retry_host_predicates": RetryHostPredicateFactory;
  "envoy.retry_priorities": RetryPriorityFactory;
}
export type ExtensionCategory = keyof ExtensionFactories;
export type ManifestOf<C extends ExtensionCategory> = ExtensionManifest<C, ExtensionFactories[C]>;
export type LoadBalancingPolicyManifest = ManifestOf<"envoy.load_balancing_policies">;
export type StandardManifest = { [C in ExtensionCategory]: ManifestOf<C> }[ExtensionCategory];

/** A manifest whose implementation has been loaded. */
export interface LoadedExtension<C extends ExtensionCategory> {
  readonly manifest: ManifestOf<C>;
  readonly factory: ExtensionFactories[C];
}

/** What this build can do. Implementations load when they are first found. */
export interface ExtensionRegistry {
  /** `configType`: the full message name of the configuration. */
  find<C extends ExtensionCategory>(category: C, configType: string): LoadedExtension<C> | undefined;
  /** By the message name of a per-route configuration. */
  findByRouteType(configType: string): LoadedExtension<"envoy.filters.http"> | undefined;
  /** Everything, for listings. */
  readonly manifests: readonly StandardManifest[];
}

/** Throws when two manifests share a name or a configuration type of one category: that is a bug of the build. */
export function createExtensionRegistry(manifests: readonly StandardManifest[]): ExtensionRegistry {
  const byType = new Map<string, StandardManifest>();
  const byRouteType = new Map<string, StandardManifest>();
  const loaded = new Map<StandardManifest, LoadedExtension<ExtensionCategory>>();
  const names = new Set<string>();
  for (const manifest of manifests) {
    // A name stands for the upstream and the downstream kind of a transport socket.
    const identity = `${manifest.category} ${manifest.name}`;
    if (names.has(identity)) throw new Error(`two extensions are named ${manifest.name}`);
    names.add(identity);
    for (const type of manifest.configTypes) addUnique(byType, `${manifest.category} ${type}`, manifest);
    for (const type of manifest.perRouteConfigTypes) addUnique(byRouteType, type, manifest);
  }
  const load = (manifest: StandardManifest | undefined): LoadedExtension<ExtensionCategory> | undefined => {
    if (manifest === undefined) return undefined;
    const known = loaded.get(manifest);
    if (known !== undefined) return known;
    const extension = { manifest, factory: manifest.load() };
    loaded.set(manifest, extension);
    return extension;
  };
  return {
    find: (category, configType) => ofCategory(load(byType.get(`${category} ${configType}`))),
    findByRouteType: (configType) => ofCategory(load(byRouteType.get(configType))),
    manifests,
  };
}

/** The key that found it began with the category; only HTTP filters have per-route configuration. */
function ofCategory<C extends ExtensionCategory>(
  extension: LoadedExtension<ExtensionCategory> | undefined,
): LoadedExtension<C> | undefined {
  return extension as LoadedExtension<C> | undefined;
}

function addUnique<T>(map: Map<string, T>, type: string, value: T): void {
  if (map.has(type)) throw new Error(`two extensions are configured by ${type}`);
  map.set(type, value);
}
