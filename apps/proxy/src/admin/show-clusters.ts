import { RE2JS } from "re2js";
import type { HostSpec } from "../cluster/cluster-config.ts";
import { sumHostSlot } from "../cluster/host-stats.ts";
import { type AdminReply, json, text } from "./admin-reply.ts";
import type { AdminSource, ClusterView } from "./admin-source.ts";

/** `/clusters`: limits and hosts of each cluster, as lines or with `format=json` (envoy.admin.v3.Clusters). */
export function showClusters(source: AdminSource, parameters: URLSearchParams): AdminReply {
  let wanted: (name: string) => boolean = () => true;
  const filter = parameters.get("filter");
  if (filter !== null && filter !== "") {
    try {
      const pattern = RE2JS.compile(filter);
      wanted = (name) => pattern.matcher(name).find();
    } catch (error) {
      return text(`Invalid re2 regex: ${error instanceof Error ? error.message : String(error)}\n`, 400);
    }
  }
  const clusters = source.clusters().active.filter(({ config }) => wanted(config.name));
  if (parameters.get("format") === "json") return json({ cluster_statuses: clusters.map(clusterJson) });
  return text(
    clusters
      .flatMap(clusterLines)
      .map((line) => `${line}\n`)
      .join(""),
  );
}

function hostFigures({ page }: HostSpec): {
  readonly counters: readonly Figure[];
  readonly gauges: readonly Figure[];
} {
  return {
    counters: [
      ["cx_connect_fail", sumHostSlot(page, "cx_connect_fail")],
      ["cx_total", sumHostSlot(page, "cx_total")],
      ["rq_error", sumHostSlot(page, "rq_error")],
      ["rq_success", sumHostSlot(page, "rq_success")],
      ["rq_timeout", sumHostSlot(page, "rq_timeout")],
      ["rq_total", sumHostSlot(page, "rq_total")],
    ],
    gauges: [
      ["cx_active", sumHostSlot(page, "cx_active")],
      ["rq_active", sumHostSlot(page, "rq_active")],
    ],
  };
}
type Figure = readonly [name: string, value: number];

function healthFlags(host: HostSpec): string {
  if (host.health === "healthy") return "healthy";
  return host.health === "degraded" ? "/degraded_eds_health" : "/failed_eds_health";
}

function clusterLines({ config, source, hosts }: ClusterView): string[] {
  const { name } = config;
  const lines = [`${name}::observability_name::${config.statName}`];
  for (const priority of ["default", "high"] as const) {
    const limits = config.thresholds[priority];
    lines.push(
      `${name}::${priority}_priority::max_connections::${limits.connections}`,
      `${name}::${priority}_priority::max_pending_requests::${limits.pendingRequests}`,
      `${name}::${priority}_priority::max_requests::${limits.requests}`,
      `${name}::${priority}_priority::max_retries::${limits.retries}`,
    );
  }
  lines.push(`${name}::added_via_api::${source === "dynamic"}`);
  for (const host of hosts) {
    const { counters, gauges } = hostFigures(host);
    const figures = [...counters, ...gauges].sort(([a], [b]) => (a < b ? -1 : 1));
    const facts: readonly (readonly [string, string | number | boolean])[] = [
      ...figures,
      ["hostname", host.hostname],
      ["health_flags", healthFlags(host)],
      ["weight", host.weight],
      ["region", host.region],
      ["zone", host.zone],
      ["sub_zone", host.subZone],
      ["canary", false],
      ["priority", host.priority],
      ["success_rate", -1],
      ["local_origin_success_rate", -1],
    ];
    for (const [fact, value] of facts) lines.push(`${name}::${host.address}::${fact}::${value}`);
  }
  return lines;
}

function clusterJson({ config, source, hosts }: ClusterView): unknown {
  return {
    name: config.name,
    ...(source === "dynamic" ? { added_via_api: true } : {}),
    host_statuses: hosts.map((host) => {
      const { counters, gauges } = hostFigures(host);
      return {
        address:
          "path" in host.connectTo
            ? { pipe: { path: host.connectTo.path } }
            : { socket_address: { address: host.connectTo.host, port_value: host.connectTo.port } },
        stats: [
          ...counters.map(([name, value]) => ({ ...(value === 0 ? {} : { value: String(value) }), name })),
          ...gauges.map(([name, value]) => ({
            type: "GAUGE",
            ...(value === 0 ? {} : { value: String(value) }),
            name,
          })),
        ],
        health_status: { eds_health_status: host.edsHealth },
        weight: host.weight,
        ...(host.hostname === "" ? {} : { hostname: host.hostname }),
        ...(host.priority === 0 ? {} : { priority: host.priority }),
        locality: {
          ...(host.region === "" ? {} : { region: host.region }),
          ...(host.zone === "" ? {} : { zone: host.zone }),
          ...(host.subZone === "" ? {} : { sub_zone: host.subZone }),
        },
      };
    }),
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
  };
}
