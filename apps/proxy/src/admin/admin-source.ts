import type { Bootstrap } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignment } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { ClusterConfig, HostSpec } from "../cluster/cluster-config.ts";
import type { RuntimeValues } from "../runtime/runtime-snapshot.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";

/** Everything that the admin interface shows and may do; `server/` supplies it. All members answer at once. */
export interface AdminSource {
  readonly stats: StatsRegistry;
  /** `product/version`, as `--version` prints it. */
  readonly version: string;
  state(): "LIVE" | "DRAINING" | "PRE_INITIALIZING" | "INITIALIZING";
  readonly startedAt: Date;
  /** As configured and completed by flags; its `node` is shown by `/server_info` too. */
  readonly bootstrap: Bootstrap;
  /** `command_line_options` of `/server_info`, proto field names. */
  readonly commandLine: Readonly<Record<string, unknown>>;
  /** Where configuration came from after a start without control plane; undefined: nothing to tell. */
  configurationNote(): string | undefined;

  clusters(): {
    readonly version: string;
    readonly active: readonly ClusterView[];
    readonly warming: readonly ClusterView[];
  };
  listeners(): { readonly version: string; readonly all: readonly ListenerView[] };
  routeConfigs(): readonly RouteConfigView[];
  endpoints(): readonly EndpointsView[];

  runtimeLayers(): readonly { readonly name: string; readonly values: RuntimeValues }[];
  logLevel(): string;

  /** False: no such level. */
  setLogLevel(level: string): boolean;
  /** `/runtime_modify`: "" takes a key away. False: there is no admin layer. */
  modifyRuntime(values: Readonly<Record<string, string>>): boolean;
  failHealthCheck(): void;
  passHealthCheck(): void;
  drainListeners(options: {
    readonly graceful: boolean;
    readonly skipExit: boolean;
    readonly inboundOnly: boolean;
  }): void;
  reopenLogs(): void;
  quit(): void;
}

export interface ClusterView {
  readonly config: ClusterConfig;
  readonly message: Cluster;
  readonly source: "static" | "dynamic";
  readonly version: string;
  readonly updatedAt: Date;
  readonly hosts: readonly HostSpec[];
}

export interface ListenerView {
  readonly name: string;
  readonly message: Listener;
  readonly source: "static" | "dynamic";
  readonly state: "active" | "warming" | "draining";
  readonly version: string;
  readonly updatedAt: Date;
  /** Where it really listens, with the ports that the kernel gave. */
  readonly addresses: readonly string[];
  /** The last refusal of an update for it. */
  readonly error?: { readonly message: string; readonly version: string; readonly at: Date };
}

export interface RouteConfigView {
  readonly message: RouteConfiguration;
  readonly source: "static" | "dynamic";
  readonly version: string;
  readonly updatedAt: Date;
}

export interface EndpointsView {
  readonly message: ClusterLoadAssignment;
  readonly version: string;
  readonly updatedAt: Date;
}
