import { fromJson, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { toProtoJson } from "@sluice/xds";
import { ServerInfoSchema } from "@sluice/xds/gen/envoy/admin/v3/server_info_pb.js";
import { NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { Server } from "../server/server.ts";
import { versionText } from "../server/version.ts";

/** envoy.admin.v3.ServerInfo as JSON; as in Envoy with the fields that are at their defaults, flags that are not here among them. `node.metadata["sluice.config_source"]` tells where dynamic resources come from. */
export function serverInfo(server: Server): JsonValue {
  const info = fromJson(ServerInfoSchema, knownInfo(server));
  return toJson(ServerInfoSchema, info, { alwaysEmitImplicit: true, useProtoFieldName: true });
}

function knownInfo(server: Server): JsonObject {
  const { options } = server;
  const uptime = `${Math.floor((Date.now() - server.startedAt) / 1000)}s`;
  return {
    version: versionText(),
    state: server.readiness,
    uptime_current_epoch: uptime,
    uptime_all_epochs: uptime,
    hot_restart_version: "disabled",
    command_line_options: {
      base_id: String(options.baseId),
      concurrency: options.concurrency,
      config_path: options.configPath ?? "",
      config_yaml: options.configYaml ?? "",
      admin_address_path: options.adminAddressPath ?? "",
      log_level: server.log.level,
      log_format: options.logFormat,
      log_path: options.logPath ?? "",
      service_cluster: options.serviceCluster,
      service_node: options.serviceNode,
      service_zone: options.serviceZone,
      file_flush_interval: `${options.accessLogFlushMs / 1000}s`,
      drain_time: `${options.drainTimeMs / 1000}s`,
      parent_shutdown_time: `${options.parentShutdownTimeMs / 1000}s`,
      mode: { serve: "Serve", validate: "Validate", init_only: "InitOnly" }[options.mode],
      disable_hot_restart: true,
      restart_epoch: 0,
      drain_strategy: options.drainStrategy === "gradual" ? "Gradual" : "Immediate",
    },
    node: nodeJson(server),
    hot_restart_initializing: false,
  };
}

function nodeJson(server: Server): JsonValue {
  const node = toProtoJson(NodeSchema, server.node);
  if (server.bootstrap.message.dynamicResources === undefined || typeof node !== "object" || node === null)
    return node;
  const since = server.dynamic.lastGoodSince;
  const source =
    since === undefined
      ? "control plane"
      : `last good configuration on disk, saved at ${since}; the control plane does not answer`;
  const metadata = "metadata" in node && typeof node.metadata === "object" ? node.metadata : {};
  return { ...node, metadata: { ...metadata, "sluice.config_source": source } };
}
