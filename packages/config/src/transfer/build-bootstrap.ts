import { toYaml } from "@sluice/xds";
import { CONTROL_CLUSTER, type ResourceKind } from "../contract.ts";
import { redactJson } from "../text/redact.ts";

type Json = Readonly<Record<string, unknown>>;
export type ContentByKind = Readonly<Record<ResourceKind, ReadonlyMap<string, unknown>>>;

/** Everything static: RDS route configurations and EDS assignments are written where they are asked for. */
export function buildBootstrap(content: ContentByKind): {
  readonly yaml: string;
  readonly warnings: readonly string[];
} {
  const warnings = new Set<string>();
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline);
    if (!isMap(value)) return value;
    const map: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const routes =
        key === "rds" && isMap(item) ? content.routes.get(String(item.route_config_name)) : undefined;
      if (routes !== undefined) map.route_config = inline(routes);
      else if (key === "sds_config" && content.secrets.has(String(value.name))) continue;
      else map[key] = inline(item);
      if (key === "rds" && routes === undefined)
        warnings.add("a listener takes routes from elsewhere by RDS");
      if (key === "cluster_name" && item === CONTROL_CLUSTER) {
        warnings.add(`add a cluster '${CONTROL_CLUSTER}': the configuration sends to the control plane`);
      }
    }
    return map;
  };
  const clusters = [...content.clusters.values()].map((cluster) => inline(withEndpoints(cluster, content)));
  // Each resource by itself: in a bootstrap the list of secrets has the name of a sensitive field, and certificates would be hidden too.
  const shown = (resources: readonly unknown[]): readonly unknown[] => {
    const redacted = resources.map((resource) => redactJson(resource));
    if (JSON.stringify(redacted) !== JSON.stringify(resources))
      warnings.add("secrets are redacted: put their values in before loading the file");
    return redacted;
  };
  const secrets = shown([...content.secrets.values()]);
  const resources = {
    listeners: shown([...content.listeners.values()].map(inline)),
    clusters: shown(clusters),
    ...(secrets.length > 0 ? { secrets } : {}),
  };
  const yaml = toYaml("envoy.config.bootstrap.v3.Bootstrap", { static_resources: resources });
  return { yaml, warnings: [...warnings] };
}

function withEndpoints(cluster: unknown, content: ContentByKind): unknown {
  if (!isMap(cluster) || cluster.type !== "EDS") return cluster;
  const eds = isMap(cluster.eds_cluster_config) ? cluster.eds_cluster_config : {};
  const assignment = content.endpoints.get(String(eds.service_name ?? cluster.name));
  if (assignment === undefined) return cluster;
  const { eds_cluster_config: _, ...rest } = cluster;
  return { ...rest, type: "STATIC", load_assignment: assignment };
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
