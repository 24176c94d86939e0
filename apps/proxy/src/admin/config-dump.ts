import { clone } from "@bufbuild/protobuf";
import { redactSensitive, toProtoJson } from "@sluice/xds";
import { BootstrapSchema } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { RE2JS } from "re2js";
import type { ManagedCluster } from "../cluster/managed-cluster.ts";
import type { ManagedListener } from "../listener/listener-manager.ts";
import { ListenerReferences, listenerReferences } from "../listener/listener-references.ts";
import type { Server } from "../server/server.ts";
import { type AdminReply, json } from "./admin-command.ts";
import { ADMIN, filled, type Section, typed } from "./config-dump-section.ts";
import { extensionsSection, scopedRoutesSection } from "./discovery-sections.ts";
import { endpointsSection } from "./endpoints-section.ts";
import { descriptorOf, masked, maskedResource } from "./field-mask.ts";
import { re2Words } from "./re2-words.ts";
import { secretsSection } from "./secrets-section.ts";

const refuse = (status: number, body: string): AdminReply => ({ status, type: "text/plain", body });

/** envoy.admin.v3.ConfigDump. `resource` picks one list of one section, `mask` fields of its elements. `endpoints`: with `include_eds`. */
export function configDump(
  server: Server,
  parameters: URLSearchParams,
  endpoints: typeof endpointsSection = endpointsSection,
): AdminReply {
  const pattern = parameters.get("name_regex") ?? "";
  const filter = compileNameFilter(pattern);
  if (typeof filter === "string") {
    return refuse(400, `INVALID_ARGUMENT: Error while parsing name_regex from ${pattern}: ${filter}`);
  }
  const sections = [
    bootstrapSection(server),
    clustersSection(server, filter),
    ...(parameters.has("include_eds") ? [endpoints(server, filter)] : []),
    ...extensionsSection(server, filter),
    listenersSection(server, filter),
    ...(managesHttp(server) ? [scopedRoutesSection(server, filter), routesSection(server, filter)] : []),
    filled(secretsSection(server, filter)),
  ];
  const resource = parameters.get("resource") ?? "";
  const mask = parameters.get("mask") ?? "";
  if (resource !== "") return oneResource(sections, resource, mask);
  if (mask === "") return reply(sections);
  const configs = sections.flatMap((section) => masked(section, mask) ?? []);
  if (configs.length === 0) {
    return refuse(400, `FieldMask ${mask} could not be successfully applied to any configs.`);
  }
  return reply(configs);
}

function compileNameFilter(pattern: string): ((name: string) => boolean) | string {
  if (pattern === "") return () => true;
  try {
    const compiled = RE2JS.compile(pattern);
    return (name) => compiled.testExact(name);
  } catch (error) {
    return re2Words(error);
  }
}

function oneResource(sections: readonly Section[], resource: string, mask: string): AdminReply {
  for (const section of sections) {
    const field = descriptorOf(section)?.fields.find(({ name }) => name === resource);
    if (field === undefined) continue;
    if (field.fieldKind !== "list" || field.listKind !== "message") {
      const message = `${resource} is not a repeated field. Use ?mask=${resource} to get only this field`;
      return refuse(400, message);
    }
    const type = `type.googleapis.com/${field.message.typeName}`;
    const list = section[resource];
    const configs: Section[] = [];
    for (const item of Array.isArray(list) ? list : []) {
      const element: Section = { "@type": type, ...Object(item) };
      const part = mask === "" ? element : maskedResource(element, mask);
      if (part === undefined) {
        const paths = mask.split(",").map((path) => `paths: ${JSON.stringify(path)}\n`);
        return refuse(400, `FieldMask ${paths.join("")} could not be successfully used.`);
      }
      configs.push(part);
    }
    return reply(configs);
  }
  return refuse(404, `${resource} not found in config dump`);
}

const reply = (configs: readonly unknown[]): AdminReply => json(configs.length === 0 ? {} : { configs });

/** As it is configured: what flags say of the node, and names that listeners were given, are not in it. */
function bootstrapSection(server: Server): Section {
  const { message, generatedNames } = server.bootstrap;
  const shown = redactSensitive(BootstrapSchema, message);
  for (const listener of shown.staticResources?.listeners ?? [])
    if (generatedNames.has(listener.name)) listener.name = "";
  const node = clone(NodeSchema, server.node);
  node.id = shown.node?.id ?? "";
  node.cluster = shown.node?.cluster ?? "";
  delete node.locality;
  if (shown.node?.locality !== undefined) node.locality = shown.node.locality;
  shown.node = node;
  return {
    "@type": `${ADMIN}BootstrapConfigDump`,
    bootstrap: toProtoJson(BootstrapSchema, shown),
    last_updated: new Date(server.startedAt).toISOString(),
  };
}

function clustersSection(server: Server, filter: (name: string) => boolean): Section {
  const { active, warming } = server.clusters.list();
  const of = (list: readonly ManagedCluster[], source: "static" | "dynamic"): readonly ManagedCluster[] =>
    list
      .filter((cluster) => cluster.source === source && filter(cluster.config.name))
      .sort((a, b) => (a.config.name < b.config.name ? -1 : 1));
  const dump = (cluster: ManagedCluster): Section => ({
    ...(cluster.version === "" ? {} : { version_info: cluster.version }),
    cluster: typed(ClusterSchema, cluster.message),
    last_updated: cluster.updatedAt.toISOString(),
  });
  const cds = server.stats.texts().get("cluster_manager.cds.version_text");
  return filled({
    "@type": `${ADMIN}ClustersConfigDump`,
    version_info: cds,
    static_clusters: of(active, "static").map(dump),
    dynamic_active_clusters: of(active, "dynamic").map(dump),
    dynamic_warming_clusters: of(warming, "dynamic").map(dump),
  });
}

function listenersSection(server: Server, filter: (name: string) => boolean): Section {
  const entries = server.listeners.list();
  const { generatedNames } = server.bootstrap;
  const configured = ({ message }: ManagedListener): Listener =>
    generatedNames.has(message.name) ? { ...message, name: "" } : message;
  const state = (listener: ManagedListener): Section => ({
    ...(listener.version === "" ? {} : { version_info: listener.version }),
    listener: typed(ListenerSchema, configured(listener)),
    last_updated: listener.updatedAt.toISOString(),
  });
  const dynamic = entries.filter(
    ({ active, warming, failure }) =>
      (active ?? warming)?.source === "dynamic" || (failure !== undefined && active?.source !== "static"),
  );
  return filled({
    "@type": `${ADMIN}ListenersConfigDump`,
    version_info: server.stats.texts().get("listener_manager.lds.version_text"),
    static_listeners: entries.flatMap(({ active }) =>
      active?.source === "static" && filter(configured(active).name) ? [state(active)] : [],
    ),
    dynamic_listeners: dynamic.flatMap(({ active, warming, failure }) => {
      const name = (active ?? warming)?.spec.name ?? failure?.listener.name ?? "";
      if (!filter(name)) return [];
      return [
        {
          name,
          ...(active === undefined ? {} : { active_state: state(active) }),
          ...(warming === undefined ? {} : { warming_state: state(warming) }),
          ...(failure === undefined ? {} : { error_state: errorState(failure) }),
        },
      ];
    }),
  });
}

function errorState(failure: {
  readonly message: string;
  readonly at: Date;
  readonly version: string;
  readonly listener: Listener;
}): Section {
  return filled({
    failed_configuration: typed(ListenerSchema, failure.listener),
    last_update_attempt: failure.at.toISOString(),
    details: failure.message,
    version_info: failure.version,
  });
}

/** As in Envoy nothing is told of routes where there is no HTTP connection manager. */
function managesHttp(server: Server): boolean {
  const listeners = server.listeners.list().flatMap(({ active, warming }) => [active, warming]);
  if (listeners.some((each) => each !== undefined && listenerReferences(each.message).managesHttp))
    return true;
  return server.filterConfigs.list().some(({ config: { typedConfig } }) => {
    const found = new ListenerReferences();
    if (typedConfig !== undefined) found.addConfig(typedConfig, "");
    return found.managesHttp;
  });
}

function routesSection(server: Server, filter: (name: string) => boolean): Section {
  const dump = (config: RouteConfiguration, updatedAt: Date): Section => ({
    route_config: typed(RouteConfigurationSchema, config),
    last_updated: updatedAt.toISOString(),
  });
  return filled({
    "@type": `${ADMIN}RoutesConfigDump`,
    static_route_configs: server.listeners.list().flatMap(({ active }) => {
      if (active === undefined) return [];
      return listenerReferences(active.message)
        .inline.filter((config) => filter(config.name))
        .map((config) => dump(config, active.updatedAt));
    }),
    dynamic_route_configs: server.routes
      .list()
      .filter(({ config }) => filter(config.name))
      .map(({ config, version, updatedAt }) => filled({ version_info: version, ...dump(config, updatedAt) })),
  });
}
