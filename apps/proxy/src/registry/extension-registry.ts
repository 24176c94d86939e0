import type {
  ExtensionManifest,
  HttpFilterFactory,
  ListenerFilterFactory,
  NetworkFilterFactory,
} from "@sluice/extension-api";

/**
 * What an extension of each of Envoy's categories gives. The registry knows no room above it: one that takes a new kind of extension adds
 * its line beside the factory's contract, with `declare module`.
 */
export interface ExtensionFactories {
  "envoy.filters.http": HttpFilterFactory;
  "envoy.filters.listener": ListenerFilterFactory;
  "envoy.filters.network": NetworkFilterFactory;
}
export type ExtensionCategory = keyof ExtensionFactories;
export type ManifestOf<C extends ExtensionCategory> = ExtensionManifest<C, ExtensionFactories[C]>;
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
