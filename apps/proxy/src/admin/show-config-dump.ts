import type { DescMessage, Message } from "@bufbuild/protobuf";
import { toProtoJson } from "@sluice/xds";
import { BootstrapSchema } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { RE2JS } from "re2js";
import { type AdminReply, json, text } from "./admin-reply.ts";
import type { AdminSource, ClusterView, ListenerView, RouteConfigView } from "./admin-source.ts";

type Json = Record<string, unknown>;

const TYPE_URL = "type.googleapis.com/";
/** Names that stand for secrets; their values are never shown. */
const SECRET_FIELDS = new Set([
  "private_key",
  "password",
  "inline_bytes_secret",
  "session_ticket_keys",
  "private_key_provider",
]);

/** `/config_dump`: everything loaded (envoy.admin.v3.ConfigDump). Parameters `resource`, `name_regex`, `include_eds`; `mask` is refused. */
export function showConfigDump(source: AdminSource, parameters: URLSearchParams): AdminReply {
  if (parameters.has("mask")) return text("mask is not implemented: use resource and name_regex\n", 400);
  let wanted: (name: string) => boolean = () => true;
  const pattern = parameters.get("name_regex");
  if (pattern !== null && pattern !== "") {
    try {
      const compiled = RE2JS.compile(pattern);
      wanted = (name) => compiled.matches(name);
    } catch (error) {
      return text(
        `Error while parsing name_regex from /config_dump: ${error instanceof Error ? error.message : String(error)}\n`,
        400,
      );
    }
  }
  const configs: Json[] = [
    ...(pattern === null ? [bootstrapDump(source)] : []),
    clustersDump(source, wanted),
    ...(parameters.has("include_eds") ? [endpointsDump(source, wanted)] : []),
    listenersDump(source, wanted),
    routesDump(source, wanted),
  ];
  const resource = parameters.get("resource");
  if (resource === null) return json({ configs });
  for (const dump of configs) {
    const found = dump[resource];
    if (Array.isArray(found)) return json({ configs: found });
    if (found !== undefined)
      return text(`${resource} is not a repeated field. Use ?mask to get only this field\n`, 400);
  }
  return text(`${resource} not found in config dump\n`, 404);
}

function dumped(schema: DescMessage, message: Message, asAny: boolean): Json {
  const value = redact(toProtoJson(schema, message));
  const body = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
  return asAny ? { "@type": TYPE_URL + schema.typeName, ...body } : body;
}

function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_FIELDS.has(name) ? "[redacted]" : redact(item),
    ]),
  );
}

const at = (date: Date): string => date.toISOString();

function bootstrapDump(source: AdminSource): Json {
  return {
    "@type": `${TYPE_URL}envoy.admin.v3.BootstrapConfigDump`,
    bootstrap: dumped(BootstrapSchema, source.bootstrap, false),
    last_updated: at(source.startedAt),
  };
}

function clustersDump(source: AdminSource, wanted: (name: string) => boolean): Json {
  const { version, active, warming } = source.clusters();
  const one = ({ message, version, updatedAt, source: from }: ClusterView): Json => ({
    ...(from === "dynamic" ? { version_info: version } : {}),
    cluster: dumped(ClusterSchema, message, true),
    last_updated: at(updatedAt),
  });
  const named = ({ config }: ClusterView): boolean => wanted(config.name);
  const statics = active.filter((each) => each.source === "static" && named(each)).map(one);
  const actives = active.filter((each) => each.source === "dynamic" && named(each)).map(one);
  const warmings = warming.filter((each) => each.source === "dynamic" && named(each)).map(one);
  return {
    "@type": `${TYPE_URL}envoy.admin.v3.ClustersConfigDump`,
    ...(version === "" ? {} : { version_info: version }),
    ...(statics.length === 0 ? {} : { static_clusters: statics }),
    ...(actives.length === 0 ? {} : { dynamic_active_clusters: actives }),
    ...(warmings.length === 0 ? {} : { dynamic_warming_clusters: warmings }),
  };
}

function listenersDump(source: AdminSource, wanted: (name: string) => boolean): Json {
  const { version, all } = source.listeners();
  const named = all.filter(({ name }) => wanted(name));
  const statics = named.filter((each) => each.source === "static");
  const dynamics = new Map<string, ListenerView[]>();
  for (const view of named) {
    if (view.source === "dynamic") dynamics.set(view.name, [...(dynamics.get(view.name) ?? []), view]);
  }
  const state = (view: ListenerView): Json => ({
    version_info: view.version,
    listener: dumped(ListenerSchema, view.message, true),
    last_updated: at(view.updatedAt),
  });
  return {
    "@type": `${TYPE_URL}envoy.admin.v3.ListenersConfigDump`,
    ...(version === "" ? {} : { version_info: version }),
    ...(statics.length === 0
      ? {}
      : {
          static_listeners: statics.map((view) => ({
            listener: dumped(ListenerSchema, view.message, true),
            last_updated: at(view.updatedAt),
          })),
        }),
    ...(dynamics.size === 0
      ? {}
      : {
          dynamic_listeners: [...dynamics].map(([name, views]) => {
            const error = views.find((view) => view.error !== undefined)?.error;
            return {
              name,
              ...Object.fromEntries(views.map((view) => [`${view.state}_state`, state(view)])),
              ...(error === undefined
                ? {}
                : {
                    error_state: {
                      last_update_attempt: at(error.at),
                      details: error.message,
                      version_info: error.version,
                    },
                  }),
            };
          }),
        }),
  };
}

function routesDump(source: AdminSource, wanted: (name: string) => boolean): Json {
  const all = source.routeConfigs().filter(({ message }) => wanted(message.name));
  const one = (view: RouteConfigView): Json => ({
    ...(view.source === "dynamic" ? { version_info: view.version } : {}),
    route_config: dumped(RouteConfigurationSchema, view.message, true),
    last_updated: at(view.updatedAt),
  });
  const statics = all.filter((view) => view.source === "static").map(one);
  const dynamics = all.filter((view) => view.source === "dynamic").map(one);
  return {
    "@type": `${TYPE_URL}envoy.admin.v3.RoutesConfigDump`,
    ...(statics.length === 0 ? {} : { static_route_configs: statics }),
    ...(dynamics.length === 0 ? {} : { dynamic_route_configs: dynamics }),
  };
}

function endpointsDump(source: AdminSource, wanted: (name: string) => boolean): Json {
  const all = source.endpoints().filter(({ message }) => wanted(message.clusterName));
  return {
    "@type": `${TYPE_URL}envoy.admin.v3.EndpointsConfigDump`,
    ...(all.length === 0
      ? {}
      : {
          dynamic_endpoint_configs: all.map(({ message, version, updatedAt }) => ({
            version_info: version,
            endpoint_config: dumped(ClusterLoadAssignmentSchema, message, true),
            last_updated: at(updatedAt),
          })),
        }),
  };
}
