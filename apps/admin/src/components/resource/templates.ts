import { stringify } from "yaml";
import { newManager } from "../form/new-manager.ts";
import type { ResourceKind } from "./config-types.ts";

/** What a new resource of a kind begins with: complete as far as it can be without knowing the user's names. */
export function templateOf(kind: ResourceKind): string {
  return stringify(TEMPLATES[kind](), { lineWidth: 0 });
}

/** The field that holds the name. */
export function nameFieldOf(kind: ResourceKind): "name" | "cluster_name" {
  return kind === "endpoints" ? "cluster_name" : "name";
}

const TEMPLATES: Readonly<Record<ResourceKind, () => unknown>> = {
  clusters: () => ({
    name: "",
    type: "STATIC",
    connect_timeout: "5s",
    lb_policy: "ROUND_ROBIN",
    load_assignment: { cluster_name: "", endpoints: [{ lb_endpoints: [] }] },
  }),
  routes: () => ({
    name: "",
    virtual_hosts: [
      { name: "web", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "" } }] },
    ],
  }),
  listeners: () => ({
    name: "",
    address: { socket_address: { address: "0.0.0.0", port_value: 10000 } },
    filter_chains: [{ filters: [newManager()] }],
  }),
  endpoints: () => ({
    cluster_name: "",
    endpoints: [
      {
        lb_endpoints: [
          { endpoint: { address: { socket_address: { address: "10.0.0.1", port_value: 8080 } } } },
        ],
      },
    ],
  }),
  secrets: () => ({
    name: "",
    tls_certificate: { certificate_chain: { inline_string: "" }, private_key: { inline_string: "" } },
  }),
};
