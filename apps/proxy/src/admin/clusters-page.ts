import type { HostSpec } from "../cluster/cluster-config.ts";
import { HEALTH_FLAG_NAMES, HealthFlag } from "../cluster/health/health-flag.ts";
import { type HostSlot, sumHostSlot } from "../cluster/host-stats.ts";
import type { ManagedCluster } from "../cluster/managed-cluster.ts";
import type { SuccessRateBar } from "../cluster/outlier/outlier-detector.ts";
import type { Server } from "../server/server.ts";
import { addressJson } from "./address-json.ts";

const COUNTERS: readonly HostSlot[] = [
  "cx_connect_fail",
  "cx_total",
  "rq_error",
  "rq_success",
  "rq_timeout",
  "rq_total",
];
const GAUGES: readonly HostSlot[] = ["cx_active", "rq_active", "rq_pending_active"];
const TEXT_ORDER: readonly HostSlot[] = [
  "cx_active",
  "cx_connect_fail",
  "cx_total",
  "rq_active",
  "rq_error",
  "rq_pending_active",
  "rq_success",
  "rq_timeout",
  "rq_total",
];

type NameFilter = (name: string) => boolean;

function shown(server: Server, filter: NameFilter): readonly ManagedCluster[] {
  return server.clusters
    .list()
    .active.filter(({ config }) => filter(config.name))
    .sort((a, b) => (a.config.name < b.config.name ? -1 : 1));
}

/** `/clusters` as text, line by line as Envoy prints it. */
export function clustersText(server: Server, filter: NameFilter): string {
  const lines: string[] = [];
  for (const cluster of shown(server, filter)) {
    const { config, hosts, source } = cluster;
    const { name } = config;
    lines.push(`${name}::observability_name::${config.statName}`);
    lines.push(...outlierLines(cluster));
    for (const priority of ["default", "high"] as const) {
      const limits = config.thresholds[priority];
      lines.push(`${name}::${priority}_priority::max_connections::${limits.connections}`);
      lines.push(`${name}::${priority}_priority::max_pending_requests::${limits.pendingRequests}`);
      lines.push(`${name}::${priority}_priority::max_requests::${limits.requests}`);
      lines.push(`${name}::${priority}_priority::max_retries::${limits.retries}`);
    }
    lines.push(`${name}::added_via_api::${source === "dynamic"}`);
    for (const host of byPriority(hosts)) {
      const at = `${name}::${host.address}::`;
      for (const slot of TEXT_ORDER) lines.push(`${at}${slot}::${sumHostSlot(host.page, slot)}`);
      lines.push(`${at}hostname::${host.hostname}`);
      lines.push(`${at}health_flags::${healthFlags(host)}`);
      lines.push(`${at}weight::${host.weight}`);
      lines.push(`${at}region::${host.region}`);
      lines.push(`${at}zone::${host.zone}`);
      lines.push(`${at}sub_zone::${host.subZone}`);
      lines.push(`${at}canary::${isCanary(host)}`);
      lines.push(`${at}priority::${host.priority}`);
      const { external, local } = cluster.successRates(host.key);
      lines.push(`${at}success_rate::${external}`);
      lines.push(`${at}local_origin_success_rate::${local}`);
    }
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

const byPriority = (hosts: readonly HostSpec[]): readonly HostSpec[] =>
  hosts.toSorted((a, b) => a.priority - b.priority);

function outlierLines(cluster: ManagedCluster): string[] {
  return [false, true].flatMap((local) => {
    const bar = cluster.successRateBar(local);
    if (bar === undefined) return [];
    const at = `${cluster.config.name}::outlier::${local ? "local_origin_" : ""}success_rate_`;
    return [
      `${at}average::${shortNumber(bar.average)}`,
      `${at}ejection_threshold::${shortNumber(bar.threshold)}`,
    ];
  });
}

/** Six digits, without zeros at the end. */
function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** `envoy.lb: { canary: true }` in the endpoint's metadata. */
function isCanary(host: HostSpec): boolean {
  const lb = host.metadata?.["envoy.lb"];
  return typeof lb === "object" && lb !== null && "canary" in lb && lb.canary === true;
}

function healthFlags(host: HostSpec): string {
  const names = HEALTH_FLAG_NAMES.filter(([flag]) => ((host.flags ?? 0) & flag) !== 0);
  return names.length === 0 ? "healthy" : names.map(([, name]) => `/${name}`).join("");
}

/** `/clusters?format=json`: envoy.admin.v3.Clusters. */
export function clustersJson(server: Server, filter: NameFilter): unknown {
  const statuses = shown(server, filter).map((cluster) => statusJson(cluster));
  return statuses.length === 0 ? {} : { cluster_statuses: statuses };
}

function statusJson(cluster: ManagedCluster): unknown {
  const { config, hosts, source } = cluster;
  return {
    name: config.name,
    ...(source === "dynamic" ? { added_via_api: true } : {}),
    ...thresholdJson("success_rate_ejection_threshold", cluster.successRateBar(false)),
    ...thresholdJson("local_origin_success_rate_ejection_threshold", cluster.successRateBar(true)),
    host_statuses: byPriority(hosts).map((host) => ({
      address: addressJson(host.address),
      stats: [
        ...COUNTERS.map((name) => statJson(host, name, undefined)),
        ...GAUGES.map((name) => statJson(host, name, "GAUGE")),
      ],
      health_status: healthStatusJson(host),
      ...ratesJson(cluster.successRates(host.key)),
      weight: host.weight,
      ...(host.hostname === "" ? {} : { hostname: host.hostname }),
      ...(host.priority === 0 ? {} : { priority: host.priority }),
      locality: {
        ...(host.region === "" ? {} : { region: host.region }),
        ...(host.zone === "" ? {} : { zone: host.zone }),
        ...(host.subZone === "" ? {} : { sub_zone: host.subZone }),
      },
    })),
    circuit_breakers: {
      thresholds: (["default", "high"] as const).map((priority) => ({
        ...(priority === "high" ? { priority: "HIGH" } : {}),
        max_connections: config.thresholds[priority].connections,
        max_pending_requests: config.thresholds[priority].pendingRequests,
        max_requests: config.thresholds[priority].requests,
        max_retries: config.thresholds[priority].retries,
      })),
    },
    observability_name: config.statName,
    ...(config.discovery.kind === "eds" ? { eds_service_name: config.discovery.serviceName } : {}),
  };
}

function thresholdJson(name: string, bar: SuccessRateBar | undefined): Record<string, unknown> {
  return bar !== undefined && bar.threshold > 0 ? { [name]: { value: bar.threshold } } : {};
}

/** `envoy.type.v3.Percent`, whose zero is an empty message. */
function ratesJson({ external, local }: { readonly external: number; readonly local: number }): object {
  const percent = (value: number): object => (value === 0 ? {} : { value });
  return {
    ...(external < 0 ? {} : { success_rate: percent(external) }),
    ...(local < 0 ? {} : { local_origin_success_rate: percent(local) }),
  };
}

const HEALTH_STATUS_FIELDS: ReadonlyArray<readonly [HealthFlag, string]> = [
  [HealthFlag.FailedActiveHc, "failed_active_health_check"],
  [HealthFlag.FailedOutlierCheck, "failed_outlier_check"],
  [HealthFlag.DegradedActiveHc, "failed_active_degraded_check"],
  [HealthFlag.PendingDynamicRemoval, "pending_dynamic_removal"],
  [HealthFlag.PendingActiveHc, "pending_active_hc"],
  [HealthFlag.ExcludedViaImmediateHcFail, "excluded_via_immediate_hc_fail"],
  [HealthFlag.ActiveHcTimeout, "active_hc_timeout"],
];

function healthStatusJson({ flags = 0, edsHealth }: HostSpec): Record<string, unknown> {
  const set = HEALTH_STATUS_FIELDS.filter(([flag]) => (flags & flag) !== 0);
  return {
    ...Object.fromEntries(set.map(([, name]) => [name, true])),
    eds_health_status: edsHealth === "TIMEOUT" ? "UNHEALTHY" : edsHealth,
  };
}

function statJson(host: HostSpec, name: HostSlot, type: "GAUGE" | undefined): unknown {
  const value = sumHostSlot(host.page, name);
  return { ...(type === undefined ? {} : { type }), ...(value === 0 ? {} : { value: String(value) }), name };
}
