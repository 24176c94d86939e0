import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { messageDescriptor } from "@sluice/xds";
import { ACCESS_LOG_SUPPORTED_FIELDS } from "../access-log/access-log-supported-fields.ts";
import { CLUSTER_SUPPORTED_FIELDS } from "../cluster/cluster-supported-fields.ts";
import { inertReason } from "../config-message/inert-fields.ts";
import { refusalReason } from "../config-message/refusal-reasons.ts";
import type { SupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { STANDARD_EXTENSIONS } from "../extensions/standard.ts";
import { LISTENER_SUPPORTED_FIELDS } from "../listener/compile-listener-sockets.ts";
import { ROUTE_SUPPORTED_FIELDS } from "../route/route-supported-fields.ts";
import { TRACING_SUPPORTED_FIELDS } from "../tracing/create-tracer-factory.ts";
import { BOOTSTRAP_SUPPORTED_FIELDS } from "./bootstrap-supported-fields.ts";

const TABLES: readonly SupportedFields[] = [
  BOOTSTRAP_SUPPORTED_FIELDS,
  LISTENER_SUPPORTED_FIELDS,
  ROUTE_SUPPORTED_FIELDS,
  CLUSTER_SUPPORTED_FIELDS,
  ACCESS_LOG_SUPPORTED_FIELDS,
  TRACING_SUPPORTED_FIELDS,
  ...STANDARD_EXTENSIONS.map(({ supportedFields }) => supportedFields),
];

/** Fields in force although no code names them, and why. */
const IN_FORCE: Readonly<Record<string, string>> = {
  "envoy.config.bootstrap.v3.ClusterManager.enable_deferred_cluster_creation":
    "workers make every cluster on its first use",
  "envoy.config.listener.v3.Listener.max_connections_to_accept_per_socket_event":
    "libuv accepts one connection an event",
  "envoy.config.core.v3.ConfigSource.resource_api_version": "v3 is the only version there is",
  "envoy.config.core.v3.SubstitutionFormatString.json_format_options": "keys are always sorted",
  "envoy.config.core.v3.WatchedDirectory.watch_modify": "written files count as much as moved ones",
  "envoy.config.core.v3.Metadata.typed_filter_metadata": "nothing that is built asks for it",
  "envoy.config.core.v3.Node.dynamic_parameters": "the node is sent on as a whole",
  "envoy.config.core.v3.Node.user_agent_version": "the node is sent on as a whole",
  "envoy.config.core.v3.Node.client_features": "the node is sent on as a whole",
};
/** Members of oneofs that stand in a `default:`, or that are read by `.value` alone. */
const READ_AS_THE_OTHER_CASE: ReadonlySet<string> = new Set([
  "envoy.config.overload.v3.ScaleTimersOverloadActionConfig.ScaleTimer.min_timeout",
  "envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment.string_key",
  "envoy.extensions.filters.common.fault.v3.FaultDelay.header_delay",
  "envoy.extensions.filters.common.fault.v3.FaultRateLimit.header_limit",
  "envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue.object_key",
  "envoy.extensions.filters.http.fault.v3.FaultAbort.header_abort",
  "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.scoped_route_configurations_list",
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.explicit_http_config",
]);
/** Messages whose presence alone is judged: they are refused as a whole, by code. */
const REFUSED_BY_CODE =
  /^envoy\.config\.(core\.v3\.(SocketOption|CelExpressionConfig)|listener\.v3\.Listener\.ConnectionBalanceConfig|rbac\.v3\.RBAC\.AuditLoggingOptions)\b|AccessLogFilter\.extension_filter$/;
/** Messages that are copied on without being looked into, and those that nothing of Envoy's API defines. */
const FOREIGN = /^(google|xds|udpa|opentelemetry)\./;

const source = [
  new URL("..", import.meta.url),
  new URL("../../../../packages/matching/src/", import.meta.url),
]
  .flatMap((folder) => {
    const path = fileURLToPath(folder);
    return readdirSync(path, { recursive: true, encoding: "utf8" }).map((file) => join(path, file));
  })
  .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|supported-fields\.ts$|manifest\.ts$/.test(file))
  .map((file) => readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ""))
  .join("\n");
/** Every name that is read from an object, taken out of one, or the case of a oneof. */
const namesRead = new Set([
  ...[...source.matchAll(/\.(\w+)\b/g)].map(([, name]) => name),
  ...[...source.matchAll(/[{,]\s*(\w+)\s*(?=[,}:=])/g)].map(([, name]) => name),
  ...[...source.matchAll(/"(\w+)"/g)].map(([, name]) => name),
]);

function isRead(field: DescField): boolean {
  const name = `${field.parent.typeName}.${field.name}`;
  return (
    namesRead.has(field.localName) ||
    Object.hasOwn(IN_FORCE, name) ||
    READ_AS_THE_OTHER_CASE.has(name) ||
    REFUSED_BY_CODE.test(name)
  );
}

test("every field that the tables call built is read by the code", () => {
  const unread = TABLES.flatMap((table) =>
    Object.entries(table).flatMap(([type, names]) =>
      messageDescriptor(type)
        .fields.filter(({ name }) => names.includes(name) || names.includes("*"))
        .filter((field) => !isRead(field))
        .map((field) => `${type}.${field.name}`),
    ),
  );
  assert.deepEqual([...new Set(unread)], []);
});

test("fields of messages that no table lists are read by the code", () => {
  const listed = new Set(TABLES.flatMap((table) => Object.keys(table)));
  const seen = new Set<string>();
  const unread: string[] = [];
  const visit = (message: DescMessage | undefined, path: string): void => {
    if (message === undefined || FOREIGN.test(message.typeName)) return;
    if (listed.has(message.typeName) || seen.has(message.typeName)) return;
    seen.add(message.typeName);
    for (const field of message.fields.filter(({ deprecated }) => !deprecated)) {
      if (!isRead(field) && inertReason(field) === undefined)
        unread.push(`${path}: ${message.typeName}.${field.name}`);
      visit(field.message, `${path}.${field.name}`);
    }
  };
  for (const table of TABLES)
    for (const [type, names] of Object.entries(table))
      for (const field of messageDescriptor(type).fields)
        if (names.includes(field.name) || names.includes("*")) visit(field.message, `${type}.${field.name}`);
  assert.deepEqual(unread, []);
});

test("every table names fields that there are", () => {
  const unknown = TABLES.flatMap((table) =>
    Object.entries(table).flatMap(([type, names]) => {
      const known = messageDescriptor(type).fields.map(({ name }) => name);
      return names.filter((name) => name !== "*" && !known.includes(name)).map((name) => `${type}.${name}`);
    }),
  );
  assert.deepEqual(unknown, []);
});

test("every field that is refused has its reason", () => {
  const bare = TABLES.flatMap((table) =>
    Object.entries(table).flatMap(([type, names]) =>
      messageDescriptor(type)
        .fields.filter(({ name }) => !names.includes(name) && !names.includes("*"))
        .filter((field) => refusalReason(field) === undefined && inertReason(field) === undefined)
        .map((field) => `${type}.${field.name}`),
    ),
  );
  assert.deepEqual([...new Set(bare)], []);
});
