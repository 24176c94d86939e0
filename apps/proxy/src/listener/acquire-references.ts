import type { FoundSecretConfig } from "../secret/find-secret-configs.ts";
import type { SecretManager } from "../secret/secret-manager.ts";
import type { ExtensionDiscovery, HeldReferences } from "../xds/extension-discovery.ts";
import type { RouteDiscovery } from "../xds/route-discovery.ts";
import type { ScopedRouteDiscovery } from "../xds/scoped-route-discovery.ts";
import type { ListenerReferences } from "./listener-references.ts";

export interface ReferenceProviders {
  readonly routes: RouteDiscovery;
  readonly scopes: ScopedRouteDiscovery;
  readonly extensions: ExtensionDiscovery;
  readonly secrets: Pick<SecretManager, "check" | "acquire">;
}

/** Everything that is referred to, until it is released. `ready`: all of it has arrived, or its time is over. */
export function acquireReferences(
  references: ListenerReferences,
  secrets: readonly FoundSecretConfig[],
  providers: ReferenceProviders,
): HeldReferences {
  const acquired: HeldReferences[] = [
    ...secrets.map(({ config }) => providers.secrets.acquire(config)),
    ...references.routes.map((each) => providers.routes.acquire(each)),
    ...references.scopes.map((each) => providers.scopes.acquire(each)),
    ...references.extensions.found.map((each) => providers.extensions.acquire(each)),
  ];
  return {
    ready: Promise.all(acquired.map(({ ready }) => ready)),
    release: () => {
      for (const each of acquired) each.release();
    },
  };
}
