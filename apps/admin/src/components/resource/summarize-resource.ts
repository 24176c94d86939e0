import type { DraftResource } from "./config-types.ts";
import { has, listAt, textAt, valueAt } from "./field-value.ts";

/** Facts for a row of the list: short texts, in the order of importance. Keys of `config.facts` with their values. */
export interface ResourceFact {
  readonly id: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** What a resource is at a glance, from its proto JSON. */
export function summarizeResource({
  kind,
  json,
}: Pick<DraftResource, "kind" | "json">): readonly ResourceFact[] {
  switch (kind) {
    case "clusters":
      return clusterFacts(json);
    case "routes": {
      const hosts = listAt(json, "virtual_hosts");
      const routes = hosts.reduce<number>((sum, host) => sum + listAt(host, "routes").length, 0);
      const domains = hosts.flatMap((host) => listAt(host, "domains").map(String));
      return [
        { id: "text", values: { text: shorten(domains, 3) } },
        { id: "routes", values: { count: routes } },
      ];
    }
    case "listeners": {
      const address = textAt(json, "address.socket_address.address");
      const port = textAt(json, "address.socket_address.port_value");
      const chains = listAt(json, "filter_chains");
      const filters = chains.flatMap((chain) => listAt(chain, "filters")).flatMap(httpFiltersOf);
      return [
        ...(port ? [{ id: "text", values: { text: `${address}:${port}` } }] : []),
        { id: "filters", values: { count: filters.length } },
      ];
    }
    case "endpoints":
      return [{ id: "endpoints", values: { count: countEndpoints(json) } }];
    case "secrets": {
      const type = ["tls_certificate", "validation_context", "session_ticket_keys", "generic_secret"].find(
        (name) => has(json, name),
      );
      return type ? [{ id: `secret_${type}`, values: {} }] : [];
    }
  }
}

function clusterFacts(json: unknown): readonly ResourceFact[] {
  const type =
    textAt(json, "type") || (has(json, "cluster_type") ? textAt(json, "cluster_type.name") : "STATIC");
  const policy = textAt(json, "lb_policy") || "ROUND_ROBIN";
  return [
    { id: "text", values: { text: type } },
    ...(type === "EDS"
      ? []
      : [{ id: "endpoints", values: { count: countEndpoints(valueAt(json, "load_assignment")) } }]),
    { id: "text", values: { text: policy } },
  ];
}

function countEndpoints(assignment: unknown): number {
  return listAt(assignment, "endpoints").reduce<number>(
    (sum, locality) => sum + listAt(locality, "lb_endpoints").length,
    0,
  );
}

function httpFiltersOf(filter: unknown): readonly unknown[] {
  return listAt(filter, "typed_config.http_filters");
}

/** Names of the traffic scopes that belong to a resource, to add up its figures. */
export function scopesOf({
  kind,
  name,
  json,
}: Pick<DraftResource, "kind" | "name" | "json">): readonly string[] {
  if (kind !== "routes") return [name];
  return listAt(json, "virtual_hosts").map((host) => textAt(host, "name"));
}

function shorten(items: readonly string[], max: number): string {
  return items.length <= max ? items.join(", ") : `${items.slice(0, max).join(", ")} +${items.length - max}`;
}
