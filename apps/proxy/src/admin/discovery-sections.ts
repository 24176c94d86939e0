import { TypedExtensionConfigSchema } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import {
  type ScopedRouteConfiguration,
  ScopedRouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/scoped_route_pb.js";
import { listenerReferences } from "../listener/listener-references.ts";
import type { Server } from "../server/server.ts";
import type { ExtensionKind } from "../xds/extension-reference.ts";
import { ADMIN, filled, type Section, typed } from "./config-dump-section.ts";

/** envoy.admin.v3.EcdsConfigDump, one for each kind of filter; nothing where no filter is discovered. */
export function extensionsSection(server: Server, filter: (name: string) => boolean): readonly Section[] {
  const found = server.filterConfigs.list().filter(({ config }) => filter(config.name));
  return EXTENSION_KINDS.flatMap((wanted) => {
    const filters = found
      .filter(({ kind }) => kind === wanted)
      .map(({ config, version, updatedAt }) => ({
        ...(version === "" ? {} : { version_info: version }),
        ecds_filter: typed(TypedExtensionConfigSchema, config),
        last_updated: updatedAt.toISOString(),
      }));
    return filters.length === 0 ? [] : [{ "@type": `${ADMIN}EcdsConfigDump`, ecds_filters: filters }];
  });
}

/** In Envoy's order. */
const EXTENSION_KINDS: readonly ExtensionKind[] = ["http", "network", "listener", "upstream_http"];

/** envoy.admin.v3.ScopedRoutesConfigDump. */
export function scopedRoutesSection(server: Server, filter: (name: string) => boolean): Section {
  const shown = (scopes: readonly ScopedRouteConfiguration[]): readonly Section[] =>
    scopes.map((scope) => typed(ScopedRouteConfigurationSchema, scope));
  return filled({
    "@type": `${ADMIN}ScopedRoutesConfigDump`,
    inline_scoped_route_configs: server.listeners.list().flatMap(({ active }) =>
      active === undefined
        ? []
        : listenerReferences(active.message)
            .inlineScopes.filter(({ name }) => filter(name))
            .map(({ name, scopes }) => ({
              name,
              scoped_route_configs: shown(scopes),
              last_updated: active.updatedAt.toISOString(),
            })),
    ),
    dynamic_scoped_route_configs: server.scopes
      .list()
      .filter(({ name }) => filter(name))
      .map(({ name, version, updatedAt, scopes }) => ({
        name,
        ...(version === "" ? {} : { version_info: version }),
        scoped_route_configs: shown(scopes),
        last_updated: updatedAt.toISOString(),
      })),
  });
}
