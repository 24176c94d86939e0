import type { ResourceKind } from "@sluice/config";

type Json = Readonly<Record<string, unknown>>;

/** The bootstrap's cluster that the control plane is reached by. */
const CONTROL_CLUSTER = "sluice_control";

/**
 * What a configuration dump says that the node takes from files and from other servers, as `kind/name`: the certificate that it
 * joined with is such a secret. The control plane has no part in it.
 */
export function fromOtherSources(dump: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (kind: ResourceKind, name: unknown, source: unknown): void => {
    if (typeof name === "string" && isOther(source)) found.add(`${kind}/${name}`);
  };
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      value.forEach(walk);
      return;
    }
    const json: Json = { ...value };
    add("secrets", json.name, json.sds_config);
    add("routes", json.route_config_name, json.config_source);
    const { eds_cluster_config: eds } = json;
    if (isJson(eds)) add("endpoints", eds.service_name ?? json.name, eds.eds_config);
    for (const member of Object.values(json)) walk(member);
  };
  walk(dump);
  return found;
}

function isOther(source: unknown): boolean {
  if (!isJson(source)) return false;
  if (source.path !== undefined || source.path_config_source !== undefined) return true;
  return source.api_config_source !== undefined && !JSON.stringify(source).includes(`"${CONTROL_CLUSTER}"`);
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
