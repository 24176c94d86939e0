import { Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import { ConfigError, KIND_TYPES, RESOURCE_KINDS, type ResourceKind } from "../contract.ts";
import { findPair } from "../text/find-pair.ts";

export interface FoundResource {
  readonly kind: ResourceKind;
  readonly path: string;
  readonly yaml: string;
}

export interface FoundResources {
  readonly resources: readonly FoundResource[];
  readonly ignored: readonly { readonly path: string; readonly reason: string }[];
}

/** Where a resource of each kind can be told by its fields alone, when it carries no `@type`. */
const TELLING_FIELDS: readonly (readonly [string, ResourceKind])[] = [
  ["filter_chains", "listeners"],
  ["virtual_hosts", "routes"],
  ["cluster_name", "endpoints"],
  ["load_assignment", "clusters"],
  ["connect_timeout", "clusters"],
  ["eds_cluster_config", "clusters"],
  ["tls_certificate", "secrets"],
  ["validation_context", "secrets"],
  ["generic_secret", "secrets"],
  ["session_ticket_keys", "secrets"],
];

/** Takes Envoy configuration apart into resources, each with its comments. `invalid` when the text is no YAML. */
export function findResources(text: string, file: string): FoundResources {
  const doc = parseDocument(text, { merge: true });
  const broken = doc.errors[0];
  if (broken !== undefined) throw new ConfigError("invalid", `${file}: ${broken.message}`);
  const resources: FoundResource[] = [];
  const ignored: { path: string; reason: string }[] = [];
  const take = (node: Node | null | undefined, kind: ResourceKind | undefined, path: string) => {
    const found = kind ?? kindOf(node);
    if (found === undefined || !isMap(node))
      ignored.push({ path, reason: "it is no resource that Sluice keeps" });
    else resources.push({ kind: found, path, yaml: textOf(doc, node) });
  };
  const takeList = (node: Node | null | undefined, kind: ResourceKind | undefined, path: string) => {
    const items = isSeq(node) ? node.items : node === null || node === undefined ? [] : [node];
    items.forEach((item, index) => {
      take(unwrap(item as Node), kind, `${path}[${index}]`);
    });
  };
  const root = doc.contents as Node | null;
  if (isSeq(root)) takeList(root, undefined, "");
  else if (!isMap(root)) throw new ConfigError("invalid", `${file}: there is no configuration in it`);
  else if (
    findPair(root, "static_resources") ||
    findPair(root, "dynamic_resources") ||
    findPair(root, "admin")
  ) {
    for (const pair of root.items) {
      const key = String(isScalar(pair.key) ? pair.key.value : "");
      if (key === "static_resources" || key === "staticResources") {
        takeStatic(pair.value as Node | null, takeList, ignored);
      } else ignored.push({ path: key, reason: "it belongs to the node's own bootstrap" });
    }
  } else if (findPair(root, "resources"))
    takeList(findPair(root, "resources")?.value, undefined, "resources");
  else take(unwrap(root), undefined, "");
  return { resources, ignored };
}

function takeStatic(
  node: Node | null,
  takeList: (node: Node | null | undefined, kind: ResourceKind, path: string) => void,
  ignored: { path: string; reason: string }[],
): void {
  if (!isMap(node)) return;
  for (const pair of node.items) {
    const key = String(isScalar(pair.key) ? pair.key.value : "");
    const path = `static_resources.${key}`;
    if (key === "listeners" || key === "clusters" || key === "secrets")
      takeList(pair.value as Node | null, key, path);
    else ignored.push({ path, reason: "a bootstrap's static resources are listeners, clusters and secrets" });
  }
}

/** A delta response wraps each resource: `{name, version, resource: {"@type": …}}`. */
function unwrap(node: Node): Node {
  const inner =
    isMap(node) && findPair(node, "@type") === undefined ? findPair(node, "resource")?.value : undefined;
  return isMap(inner) ? inner : node;
}

function kindOf(node: Node | null | undefined): ResourceKind | undefined {
  if (!isMap(node)) return undefined;
  const type = findPair(node, "@type")?.value;
  if (isScalar(type)) {
    const name = String(type.value).split("/").at(-1);
    return RESOURCE_KINDS.find((kind) => KIND_TYPES[kind] === name);
  }
  return TELLING_FIELDS.find(([field]) => findPair(node, field) !== undefined)?.[1];
}

/** The node as a text of its own, without its `@type`; aliases into the rest of the file are written out. */
function textOf(doc: Document, node: Node): string {
  const own = new Document(usesAlias(node) ? node.toJS(doc) : node.clone());
  if (isMap(own.contents)) {
    const type = findPair(own.contents, "@type");
    if (type !== undefined) own.contents.items.splice(own.contents.items.indexOf(type), 1);
    own.contents.flow = false;
  }
  return own.toString({ lineWidth: 0 });
}

function usesAlias(node: unknown): boolean {
  if (isAlias(node)) return true;
  if (isSeq(node)) return node.items.some(usesAlias);
  return isMap(node) && node.items.some(({ value }) => usesAlias(value));
}
