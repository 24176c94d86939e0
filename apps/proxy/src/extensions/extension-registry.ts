import type {
  HttpFilterFactory,
  HttpFilterManifest,
  NetworkFilterFactory,
  NetworkFilterManifest,
} from "@sluice/extension-api";

/** A manifest whose implementation has been loaded. */
export interface LoadedExtension<Manifest, Factory> {
  readonly manifest: Manifest;
  readonly factory: Factory;
}

/** What this build can do, by the full message name of the configuration. */
export interface ExtensionRegistry {
  httpFilter(configType: string): LoadedExtension<HttpFilterManifest, HttpFilterFactory> | undefined;
  /** By the message name of a per-route configuration. */
  httpFilterByRouteType(
    configType: string,
  ): LoadedExtension<HttpFilterManifest, HttpFilterFactory> | undefined;
  networkFilter(configType: string): LoadedExtension<NetworkFilterManifest, NetworkFilterFactory> | undefined;
  /** Everything, for listings. */
  readonly manifests: readonly (HttpFilterManifest | NetworkFilterManifest)[];
}

/** Loads every implementation. Throws when two manifests share a name or a configuration type: that is a bug of the build. */
export async function loadExtensions(
  manifests: readonly (HttpFilterManifest | NetworkFilterManifest)[],
): Promise<ExtensionRegistry> {
  const http = new Map<string, LoadedExtension<HttpFilterManifest, HttpFilterFactory>>();
  const httpByRouteType = new Map<string, LoadedExtension<HttpFilterManifest, HttpFilterFactory>>();
  const network = new Map<string, LoadedExtension<NetworkFilterManifest, NetworkFilterFactory>>();
  const names = new Set<string>();
  for (const manifest of manifests) {
    if (names.has(manifest.name)) throw new Error(`two extensions are named ${manifest.name}`);
    names.add(manifest.name);
    if (manifest.category === "envoy.filters.http") {
      const loaded = { manifest, factory: await manifest.load() };
      for (const type of manifest.configTypes) addUnique(http, type, loaded);
      for (const type of manifest.perRouteConfigTypes) addUnique(httpByRouteType, type, loaded);
    } else {
      const loaded = { manifest, factory: await manifest.load() };
      for (const type of manifest.configTypes) addUnique(network, type, loaded);
    }
  }
  return {
    httpFilter: (type) => http.get(type),
    httpFilterByRouteType: (type) => httpByRouteType.get(type),
    networkFilter: (type) => network.get(type),
    manifests,
  };
}

function addUnique<T>(map: Map<string, T>, type: string, value: T): void {
  if (map.has(type)) throw new Error(`two extensions are configured by ${type}`);
  map.set(type, value);
}
