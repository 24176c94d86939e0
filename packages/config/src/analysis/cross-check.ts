import { type ConfigProblem, nearestName } from "@sluice/xds";
import { automaticProblem, isAutomatic } from "../acme/automatic-name.ts";
import { keyProblem } from "../certificate/key-match.ts";
import { CONTROL_CLUSTER, type ResourceKind, type ResourceRef } from "../contract.ts";
import type { Analysis } from "./analysis.ts";

/** What one resource's check must know of the others, and of the nodes that will get it. */
export interface Surroundings {
  readonly names: Readonly<Record<ResourceKind, ReadonlySet<string>>>;
  /** By address: the listeners that bind it. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** By token of a private key: SHA-256 of its public key, hex, or UNREADABLE_KEY. */
  readonly publicKeys: ReadonlyMap<string, string>;
  /** Connected nodes that say what they can do. */
  readonly nodes: readonly { readonly id: string; readonly types: ReadonlySet<string> }[];
}

type Place = Pick<ConfigProblem, "path" | "position">;

const SINGULAR: Readonly<Record<ResourceKind, string>> = {
  listeners: "listener",
  routes: "route configuration",
  clusters: "cluster",
  endpoints: "endpoint assignment",
  secrets: "secret",
};

/** Problems that a resource has only among others: references into nothing, addresses bound twice, keys of
 * other certificates, types no node has. */
export function crossCheck(
  resource: ResourceRef,
  analysis: Analysis,
  around: Surroundings,
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const add = (at: Place, severity: ConfigProblem["severity"], message: string) => {
    const { path, position } = at;
    problems.push(
      position === undefined ? { path, message, severity } : { path, message, severity, position },
    );
  };
  for (const reference of analysis.references) {
    if (around.names[reference.kind].has(reference.name)) continue;
    if (reference.kind === "clusters" && reference.name === CONTROL_CLUSTER) continue;
    if (reference.kind === "secrets" && isAutomatic(reference.name)) {
      const problem = automaticProblem(reference.name);
      if (problem !== undefined) add(reference, "error", problem);
      continue;
    }
    const nearest = nearestName(reference.name, around.names[reference.kind]);
    const proposal = nearest === undefined ? "" : `; did you mean '${nearest}'?`;
    add(reference, "error", `there is no ${SINGULAR[reference.kind]} '${reference.name}'${proposal}`);
  }
  const own = new Set<string>();
  for (const address of analysis.addresses) {
    const other = around.addresses.get(address.key)?.find((name) => name !== resource.name);
    if (other !== undefined) add(address, "error", `listener '${other}' binds ${address.key} already`);
    else if (own.has(address.key)) add(address, "error", `this listener binds ${address.key} twice`);
    own.add(address.key);
  }
  for (const certificate of analysis.certificates) {
    const { key, publicKey } = certificate;
    if (publicKey === null)
      add(
        certificate,
        "error",
        "the certificate chain cannot be read; put it there as PEM, the server's own first",
      );
    const own = key && ("token" in key ? around.publicKeys.get(key.token) : key.publicKey);
    const problem = keyProblem(publicKey ?? undefined, own);
    if (problem !== undefined) add(certificate, "error", problem.message);
  }
  for (const extension of analysis.extensions) {
    if (!extension.type.startsWith("envoy.extensions.")) continue;
    const without = around.nodes.filter(({ types }) => !types.has(extension.type)).map(({ id }) => id);
    if (without.length === 0) continue;
    // A node that lacks it refuses the resource and keeps the old one; that is no reason to hold back those that have it.
    const severity = without.length === around.nodes.length ? "error" : "warning";
    add(extension, severity, `${extension.type} is not implemented by ${nodeList(without)}`);
  }
  return problems;
}

function nodeList(ids: readonly string[]): string {
  const shown = ids
    .slice(0, 3)
    .map((id) => `'${id}'`)
    .join(", ");
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : "";
  return `${ids.length === 1 ? "node" : "nodes"} ${shown}${more}`;
}
