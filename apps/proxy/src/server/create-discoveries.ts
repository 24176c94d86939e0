import type { Compiled, Problem } from "@sluice/extension-api";
import { TYPE_URLS } from "@sluice/xds";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { EndpointRegistry } from "../cluster/endpoint-registry.ts";
import type { ActiveListenerConfig } from "../filter-chain/active-listener-config.ts";
import type { ReferenceProviders } from "../listener/acquire-references.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { SecretManager } from "../secret/secret-manager.ts";
import type { SecretStore } from "../secret/secret-store.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { checkSecret } from "../transport-socket/tls/check-secret.ts";
import type { ControlPlanes } from "../xds/control-planes.ts";
import type { DynamicResources } from "../xds/dynamic-resources.ts";
import { ExtensionDiscovery } from "../xds/extension-discovery.ts";
import { RouteDiscovery } from "../xds/route-discovery.ts";
import { ScopedRouteDiscovery } from "../xds/scoped-route-discovery.ts";
import { VirtualHostDiscovery } from "../xds/virtual-host-discovery.ts";
import type { ApplicationLog } from "./application-log.ts";
import { acquireFilterReferences, checkFilterConfig } from "./check-filter-config.ts";
import type { WorkerCommand } from "./worker/worker-messages.ts";

const UPSTREAM_TLS = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

export interface DiscoveryHost {
  readonly stats: StatsRegistry;
  readonly controlPlanes: ControlPlanes;
  readonly extensions: ExtensionRegistry;
  readonly secretStore: SecretStore;
  readonly log: ApplicationLog;
  broadcast(command: WorkerCommand): Promise<unknown>;
  /** Where resources come from, once it is made. */
  sources(): Pick<DynamicResources, "setNames" | "subscribeAll">;
  compileListener(listener: Listener): Compiled<ActiveListenerConfig>;
  checkRoutes(config: RouteConfiguration): readonly Problem[];
}

/** Who knows, for a type of resources that are asked for by name, which are needed and what they are now. */
export interface Discoveries {
  readonly endpoints: EndpointRegistry;
  readonly secrets: SecretManager;
  readonly virtualHosts: VirtualHostDiscovery;
  readonly routes: RouteDiscovery;
  readonly scopes: ScopedRouteDiscovery;
  readonly filterConfigs: ExtensionDiscovery;
  /** The same, as listeners need them. */
  readonly references: ReferenceProviders;
}

export function createDiscoveries(host: DiscoveryHost): Discoveries {
  const { controlPlanes, extensions, log, stats } = host;
  const broadcast = (command: WorkerCommand) => host.broadcast(command);
  const tellNames = (typeUrl: string) => (source: ConfigSource, names: readonly string[]) =>
    host.sources().setNames(typeUrl, source, names);
  const check = (config: RouteConfiguration) => host.checkRoutes(config);
  const tlsFields =
    extensions.find("envoy.transport_sockets.upstream", UPSTREAM_TLS)?.manifest.supportedFields ?? {};

  const endpoints = new EndpointRegistry(controlPlanes, tellNames(TYPE_URLS.endpoint));
  const secrets = new SecretManager({
    stats,
    controlPlanes,
    store: host.secretStore,
    check: (secret) => checkSecret(secret, tlsFields),
    broadcast,
    onNames: tellNames(TYPE_URLS.secret),
    log,
  });
  const virtualHosts = new VirtualHostDiscovery(stats, controlPlanes, tellNames(TYPE_URLS.virtualHost));
  const onNames = tellNames(TYPE_URLS.route);
  const routes = new RouteDiscovery({ stats, controlPlanes, virtualHosts, broadcast, onNames, check });
  const scopes = new ScopedRouteDiscovery({
    stats,
    controlPlanes,
    routes,
    broadcast,
    subscribe: (source) => host.sources().subscribeAll(TYPE_URLS.scopedRoute, source),
    check,
  });
  const filterConfigs = new ExtensionDiscovery({
    stats,
    controlPlanes,
    broadcast,
    onNames: tellNames(TYPE_URLS.extensionConfig),
    check: (config, at) =>
      checkFilterConfig(config, at, { compile: (listener) => host.compileListener(listener), secrets }),
    acquire: (config) => acquireFilterReferences(config, references),
  });
  const references: ReferenceProviders = { routes, scopes, extensions: filterConfigs, secrets };
  return { endpoints, secrets, virtualHosts, routes, scopes, filterConfigs, references };
}
