import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { Compiled, Problem } from "@sluice/extension-api";
import { packAny } from "@sluice/xds";
import {
  type TypedExtensionConfig,
  TypedExtensionConfigSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouterSchema } from "@sluice/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { UpstreamCodecSchema } from "@sluice/xds/gen/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec_pb.js";
import { EchoSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/echo/v3/echo_pb.js";
import { HttpConnectionManagerSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { ActiveListenerConfig } from "../filter-chain/active-listener-config.ts";
import { acquireReferences, type ReferenceProviders } from "../listener/acquire-references.ts";
import { ListenerReferences } from "../listener/listener-references.ts";
import { findSecretConfigs } from "../secret/find-secret-configs.ts";
import type { SecretManager } from "../secret/secret-manager.ts";
import type { HeldReferences } from "../xds/extension-discovery.ts";
import type { ExtensionReference } from "../xds/extension-reference.ts";

export interface FilterConfigChecks {
  compile(listener: Listener): Compiled<ActiveListenerConfig>;
  readonly secrets: Pick<SecretManager, "check">;
}

/** Everything wrong with a filter's configuration at the place that is to take it, compiled as if it stood there. */
export function checkFilterConfig(
  { name, typedConfig }: TypedExtensionConfig,
  at: ExtensionReference,
  checks: FilterConfigChecks,
): readonly Problem[] {
  if (typedConfig === undefined) return [{ path: "typed_config", message: "is required", severity: "error" }];
  const { listener, place } = listenerAround(name, typedConfig, at);
  const references = new ListenerReferences();
  if (at.kind !== "listener") references.addConfig(typedConfig, "typed_config");
  const compiled = checks.compile(listener);
  // Only what it says is wanted.
  if (compiled.ok) compiled.value.close();
  const within = (path: string): string => (path.startsWith(place) ? path.slice(place.length + 1) : path);
  return [
    ...(compiled.ok ? [] : compiled.problems.map((each) => ({ ...each, path: within(each.path) }))),
    ...references.problems,
    ...checks.secrets.check(findSecretConfigs(TypedExtensionConfigSchema, asMessage(name, typedConfig))),
  ];
}

/** Acquires what a filter's configuration refers to. */
export function acquireFilterReferences(
  config: TypedExtensionConfig,
  providers: ReferenceProviders,
): HeldReferences {
  const references = new ListenerReferences();
  if (config.typedConfig !== undefined) references.addConfig(config.typedConfig, "typed_config");
  return acquireReferences(references, findSecretConfigs(TypedExtensionConfigSchema, config), providers);
}

const asMessage = (name: string, typedConfig: Any) =>
  create(TypedExtensionConfigSchema, { name, typedConfig });

const typed = (value: Any) => ({ configType: { case: "typedConfig" as const, value } });

/** A listener with the filter in it, and where. What must stand behind it does. */
function listenerAround(
  name: string,
  config: Any,
  { kind, isLast }: ExtensionReference,
): { readonly listener: Listener; readonly place: string } {
  const filter = { name, ...typed(config) };
  const echo = { name: "echo", ...typed(packAny(EchoSchema, create(EchoSchema))) };
  if (kind === "listener") {
    const listener = create(ListenerSchema, {
      name: "check",
      listenerFilters: [filter],
      filterChains: [{ filters: [echo] }],
    });
    return { listener, place: "listener_filters[0]" };
  }
  if (kind === "network") {
    const filters = isLast ? [filter] : [filter, echo];
    return {
      listener: create(ListenerSchema, { name: "check", filterChains: [{ filters }] }),
      place: "filter_chains[0].filters[0]",
    };
  }
  const codec = { name: "codec", ...typed(packAny(UpstreamCodecSchema, create(UpstreamCodecSchema))) };
  const upstreamHttpFilters = kind !== "upstream_http" ? [] : isLast ? [filter] : [filter, codec];
  const router = {
    name: "router",
    ...typed(packAny(RouterSchema, create(RouterSchema, { upstreamHttpFilters }))),
  };
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: "check",
    routeSpecifier: { case: "routeConfig", value: {} },
    httpFilters: kind === "upstream_http" ? [router] : isLast ? [filter] : [filter, router],
  });
  const around = { name: "manager", ...typed(packAny(HttpConnectionManagerSchema, manager)) };
  const place = "filter_chains[0].filters[0].typed_config.http_filters[0]";
  return {
    listener: create(ListenerSchema, { name: "check", filterChains: [{ filters: [around] }] }),
    place: kind === "upstream_http" ? `${place}.typed_config.upstream_http_filters[0]` : place,
  };
}
