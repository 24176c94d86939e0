import { fromBinary } from "@bufbuild/protobuf";
import { messageDescriptor, redactSensitive, TYPE_URLS, toProtoJson, typeNameOf } from "@sluice/xds";
import type { StreamStatus, TypeStatus } from "@sluice/xds/server";

type Json = Record<string, unknown>;

const ADMIN = "type.googleapis.com/envoy.admin.v3.";

/** Where a type stands in a configuration dump. */
const SECTIONS: readonly {
  readonly typeUrl: string;
  readonly section: string;
  readonly list: string;
  readonly entry: (name: string, resource: Json, told: Json) => Json;
}[] = [
  {
    typeUrl: TYPE_URLS.cluster,
    section: "ClustersConfigDump",
    list: "dynamic_active_clusters",
    entry: (_name, cluster, told) => ({ ...told, cluster }),
  },
  {
    typeUrl: TYPE_URLS.endpoint,
    section: "EndpointsConfigDump",
    list: "dynamic_endpoint_configs",
    entry: (_name, endpoint_config, told) => ({ ...told, endpoint_config }),
  },
  {
    typeUrl: TYPE_URLS.listener,
    section: "ListenersConfigDump",
    list: "dynamic_listeners",
    entry: (name, listener, told) => ({ name, active_state: { ...told, listener } }),
  },
  {
    typeUrl: TYPE_URLS.route,
    section: "RoutesConfigDump",
    list: "dynamic_route_configs",
    entry: (_name, route_config, told) => ({ ...told, route_config }),
  },
  {
    typeUrl: TYPE_URLS.secret,
    section: "SecretsConfigDump",
    list: "dynamic_active_secrets",
    entry: (name, secret, told) => ({ name, ...told, secret }),
  },
];

/**
 * envoy.admin.v3.ConfigDump of a node that cannot be asked: what this replica's streams sent it, with its answers (CSDS in the
 * dump's form). What the node refused is marked, since it still runs what it had before.
 */
export function dumpOfStatus(
  streams: readonly StreamStatus[],
  { resource }: Readonly<Record<string, string>>,
): object {
  const types = streams.flatMap((stream) => stream.types);
  const configs = SECTIONS.flatMap(({ typeUrl, section, list, entry }) => {
    if (resource !== undefined && resource !== list) return [];
    const entries = types
      .filter((type) => type.typeUrl === typeUrl)
      .flatMap((type) =>
        type.resources.map(({ name, value }) => entry(name, readable(typeUrl, value), answerOf(type))),
      );
    return entries.length === 0 ? [] : [{ "@type": `${ADMIN}${section}`, [list]: entries }];
  });
  return { source: "control_plane", configs };
}

/** As a dump shows it: without what is secret. */
export function readable(typeUrl: string, value: Uint8Array): Json {
  const schema = messageDescriptor(typeNameOf({ typeUrl }));
  const json = toProtoJson(schema, redactSensitive(schema, fromBinary(schema, value)));
  return { "@type": typeUrl, ...Object(json) };
}

function answerOf({ version, at, answer, refusal }: TypeStatus): Json {
  return {
    version_info: version,
    ...(at === undefined ? {} : { last_updated: at.toISOString() }),
    client_status: answer === "acknowledged" ? "ACKED" : answer === "refused" ? "NACKED" : "REQUESTED",
    ...(refusal === undefined
      ? {}
      : {
          error_state: {
            details: refusal.message,
            version_info: refusal.version,
            last_update_attempt: refusal.at.toISOString(),
          },
        }),
  };
}
